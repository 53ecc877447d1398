"""What only a running service can show (``rmp check --live``): each part is called as others do."""
