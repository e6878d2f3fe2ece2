"""Texts of programs and declarations, shortened for people."""

from __future__ import annotations

import re

from pydantic import ValidationError

# What moves a terminal's cursor or changes its colours (ECMA-48, 5.4).
COLOURS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


def last_line(text: str) -> str:
    """The last line of a program's output, without colours; that of the stage runner where others follow it."""
    lines = [line.strip() for line in COLOURS.sub("", text).splitlines() if line.strip()]
    of_runner = [line for line in lines if line.startswith("stage ")]
    return (of_runner or lines or [""])[-1]


def first_mistake(error: ValidationError) -> str:
    """Where the first mistake of a declaration is, and what is wrong there."""
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc'])) or 'as a whole'}: {first['msg']}"
