"""What auditors' commands say, in English and in French; needed by what has no room below.

Code says its lines in English. One with something filled in is a :class:`~.phrase.Phrase`, so
that whoever prints it can say it in French; :mod:`.french` holds the lines.
"""
