"""Change sets: what a plan would change, written safely, journalled, and taken back."""
