"""A transparency log's formats: RFC 6962 trees, C2SP notes, checkpoints, tiles, proofs."""
