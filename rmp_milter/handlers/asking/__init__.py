"""What every handler is given and gives back."""
