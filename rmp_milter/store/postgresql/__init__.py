"""A store's tables in PostgreSQL: connections, statements, transactions."""
