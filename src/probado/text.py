"""Texts of programs and declarations, shortened for people."""

from __future__ import annotations

from pydantic import ValidationError


def last_line(text: str) -> str:
    """The last line of a program's output; that of the stage runner where others follow it."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    of_runner = [line for line in lines if line.startswith("stage ")]
    return (of_runner or lines or [""])[-1]


def first_mistake(error: ValidationError) -> str:
    """Where the first mistake of a declaration is, and what is wrong there."""
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc'])) or 'as a whole'}: {first['msg']}"
