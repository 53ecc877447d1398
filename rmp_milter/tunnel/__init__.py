"""Calls of a keeper on another host, carried over TLS by a process of its own at each end.

At the milter's host it stands for the keeper (``near``), at the keeper's host for the milter
(``far``). It carries whole calls, one after the other on a connection, and keeps nothing of them.
"""
