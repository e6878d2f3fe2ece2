"""The one error that commands turn into a line for people."""

from __future__ import annotations


class Refused(ValueError):
    """The command cannot do its work here. The message says in one line what is wrong and what to do."""
