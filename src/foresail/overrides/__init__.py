"""What people decide over the plans: overrides, freezes, maintenance windows."""
