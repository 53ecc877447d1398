"""The process that Postfix asks: callbacks, and one mail's way to its commit."""
