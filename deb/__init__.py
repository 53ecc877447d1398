"""Makes Debian's packages of rmp-milter, and a signed repository (``docs/packaging.md``)."""
