"""In which characters a file is written that is no UTF-8."""

from __future__ import annotations

import re

from ...tables.reading import is_utf8

# Of Windows in the west, of the Mac, of DOS, of Windows in central Europe and for Cyrillic; the likeliest first.
CODES = ("cp1252", "mac_roman", "cp850", "cp1250", "cp1251")
MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
# What may well stand between two letters beside letters, a space that does not break among it.
JOINS = "’‘“”«»–—…·®\u00a0\u00ad"
# Signs that a file of Windows may well hold in odd places, before another encoding is believed.
FEW = 2


def encoding_of(head: bytes, whole: bool) -> tuple[str, str]:
    """The encoding of a file and what made it think so, from its first bytes; `whole` if these are all."""
    for mark, name in MARKS:
        if head.startswith(mark):
            return name, "it begins with the mark of UTF-16"
    if is_utf8(head, whole):
        return "utf-8", ""
    odd = {code: _odd(head.decode(code, "replace")) for code in CODES}
    found = min(CODES, key=odd.__getitem__)
    if odd[CODES[0]] <= FEW + 2 * odd[found]:
        found = CODES[0]
    text = head.decode(found, "replace")
    first = next(byte for byte in head if byte > 127)
    example = next((word for word in re.findall(r"[^\W\d_]+", text) if not word.isascii()), "")
    return found, f"byte {first:#x} is no UTF-8" + (f"; it makes words such as {example!r}" if example else "")


def _odd(text: str) -> int:
    """How many characters stand where none does in words: a sign or capital before a small letter, accents in a row."""
    signs = sum(
        not char.isascii() and not char.islower() and char not in JOINS
        for char in re.findall(r"(?<=[A-Za-z])[^a-z](?=[a-z])", text)
    )
    return signs + len(re.findall(r"[À-ÖØ-öø-ƿ]{3,}", text)) + text.count("\ufffd")
