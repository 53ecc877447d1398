"""Records by table and key in an engine, LMDB or PostgreSQL, whatever a record holds."""
