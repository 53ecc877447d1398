"""Tables in a schema of PostgreSQL: connections, statements, transactions."""
