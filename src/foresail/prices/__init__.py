"""What a unit costs by the hour, and where that figure comes from."""
