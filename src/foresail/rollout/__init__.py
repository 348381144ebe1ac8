"""A coordinated rollout as a Step Functions state machine: in order, ready, checked, undone."""
