"""One module for each AWS service: which of its resources foresail can plan."""
