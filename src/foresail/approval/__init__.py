"""Approval: which plans go by themselves, which wait for a person, and who decided."""
