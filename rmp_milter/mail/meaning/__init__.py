"""What a mail means: which of its texts are read, and what their own words ask for."""
