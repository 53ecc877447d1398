"""What the host trusts of X.509, on disk: anchors, authorities between, revocation lists.

``<keeper's folder>/trust/``: the keeper reads it, ``rmp trust`` changes it, and the timer's own
user writes ``lists/`` alone. What is in it is judged by :mod:`rmp_milter.x509`.
"""
