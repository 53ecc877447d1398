"""What a running Postfix is set to, held against what the service needs (``rmp check``)."""
