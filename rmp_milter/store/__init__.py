"""The append-only dossier store in LMDB: ciphertext in, ciphertext out."""
