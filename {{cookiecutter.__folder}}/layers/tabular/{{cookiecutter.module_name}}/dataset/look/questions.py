"""Questions to a person at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from ...common.strict import nearest


def somebody() -> bool:
    """Whether a person is there to answer."""
    return sys.stdin is not None and sys.stdin.isatty()


def ask(question: str, valid: Iterable[str], default: str) -> str:
    """Ask until the answer is valid; Enter takes the default, and so does a call that nobody can answer."""
    valid = list(valid)
    while somebody():
        try:
            answer = input(f"{question} [{default}] ").strip() or default
        except EOFError:
            break
        if answer in valid:
            return answer
        print(f"{answer!r} is no answer: {nearest(answer, valid)}")
    return default


def agrees(question: str, default: bool) -> bool:
    """Ask a question of yes or no; their first letters will do."""
    return ask(question, ["yes", "no", "y", "n"], "yes" if default else "no").startswith("y")
