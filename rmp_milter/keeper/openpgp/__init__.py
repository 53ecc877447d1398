"""OpenPGP as the keeper reads and writes it: packets, session keys, signatures."""
