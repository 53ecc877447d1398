"""A real Thunderbird as a doctor uses it with S/MIME: it writes to the service, and shows answers.

Headless, driven through Marionette in its own windows: what is typed is what is sent, what is
told of a mail is what its windows show. Debian's package ``thunderbird`` is needed.
"""
