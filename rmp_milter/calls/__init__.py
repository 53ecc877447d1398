"""What milter and keeper say to each other: the calls, the socket, memory that is passed."""
