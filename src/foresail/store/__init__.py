"""Local state: pulled history (Parquet) and the journal of writes (SQLite)."""
