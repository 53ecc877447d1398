"""From what was decided to what is committed: answers sealed, bodies paired."""
