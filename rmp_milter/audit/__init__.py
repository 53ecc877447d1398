"""The access log as it is exported, for auditors: written, read, verified, listed.

Files only: nothing here opens the keeper's environment or knows a private key.
"""
