"""What of a store is PostgreSQL's own: its tables in a schema, and the roles that use them."""
