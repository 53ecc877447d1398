"""The configuration: one TOML file, typed and strict, read once when a process starts.

:func:`load` reports everything that is wrong in one go, a line for each fault, so that an
admin corrects the file once. What only the running machine can tell (key files, sockets,
Postfix) is looked at by ``rmp check``, since no single process may read all of it.
"""

from rmp_milter.config.reading import SECTIONS, Config, ConfigErrors, load, parse

__all__ = ["SECTIONS", "Config", "ConfigErrors", "load", "parse"]
