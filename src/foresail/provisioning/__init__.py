"""How fast capacity can be had, and what it is worth to hold some ready: pure statistics."""
