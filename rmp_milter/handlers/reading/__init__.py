"""Documents for a reader: what of a dossier is sent, with key packets that he can open."""
