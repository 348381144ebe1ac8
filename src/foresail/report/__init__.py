"""The report: one self-contained page for the person who approves a change."""
