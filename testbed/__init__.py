"""A private Postfix, doctors with a real gpg, and the service as installed: for tests.

Nothing here is part of the product. It plays the world around it: the mail server that
a host runs, the mail clients that doctors use, the mailboxes that answers arrive in.
"""
