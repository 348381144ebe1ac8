"""Scalable targets: one module per AWS resource, registered by its type name."""
