"""What AWS says of an account: boot times, what can be scaled, and what would stop a plan."""
