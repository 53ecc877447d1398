"""The keeper: the only process with private keys, and the only place of a plaintext."""
