"""What would stop a plan or its apply, one concern a module; nothing here writes to AWS."""
