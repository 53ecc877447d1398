"""``rmp inspect``: what a mail is and what the service would do with it, never what it says."""
