"""Files that must be there when they are said to be, and one writer at a time."""
