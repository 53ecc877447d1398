"""How documents get into a dossier, and whose key packets they carry."""
