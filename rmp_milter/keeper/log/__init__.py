"""The access log: leaves, tree, head, the environment that holds them."""
