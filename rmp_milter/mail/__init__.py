"""Mail as bytes and text: shapes that arrive, the routing header, the answers."""
