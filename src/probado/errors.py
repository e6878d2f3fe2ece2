"""The one error that commands turn into a line for people."""

from __future__ import annotations

import re

PASSWORD = re.compile(r"(://(?:[^/\s:@]*:)?)[^/\s]+@")


class Refused(ValueError):
    """The command cannot do its work here. The message says in one line what is wrong and what to do."""


def without_password(text: str) -> str:
    """A text in which no address has a password."""
    return PASSWORD.sub(r"\1***@", text)
