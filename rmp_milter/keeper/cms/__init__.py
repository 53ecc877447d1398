"""CMS as the keeper reads and writes it: envelopes opened and made, signatures checked and made.

Everything goes through the bounds of :mod:`rmp_milter.cms` first. The order of the modules:
encoding, algorithms, keys, agreement, opening, making (envelopes); capabilities, attributes,
schemes, signed, signing (signatures).
"""
