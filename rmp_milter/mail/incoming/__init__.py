"""Mail as it comes: MIME, armor, charsets, the shapes that clients send."""
