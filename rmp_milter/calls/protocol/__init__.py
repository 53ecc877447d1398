"""What the milter and the keeper say to each other: few calls, each total.

One connection carries one request and one reply, an operator's any number of them, one after
the other (docs/formats.md, Keeper sockets). Large
bytes travel as a file descriptor of anonymous memory, passed beside the request or the
reply; offsets and lengths below point into it. A ticket holds what the keeper read in a mail, its
secrets too (session keys, a patient's code), sealed under a key that only the running keeper has:
whoever carries it learns nothing, and can have done with it only what the mail asks.
"""
