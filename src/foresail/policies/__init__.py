"""Which scaling policies and warm pools are wanted, and which are worth having: pure."""
