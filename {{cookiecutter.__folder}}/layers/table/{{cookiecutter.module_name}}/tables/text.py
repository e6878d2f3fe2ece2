"""A table of text as it was read, and what there is to say about it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa

from ..common.table import Reading


@dataclass
class Text:
    """A table of text, None where a field is empty or means a missing value.

    `notes` are remarks on how it was read, made at its end from the texts of read.missing that occurred, the rows
    without any value, and the cells with line breaks of each column. `share` is how much of a file was read.
    """

    table: pa.Table
    notes: list[str] = field(default_factory=list)
    marks: set[str] = field(default_factory=set)
    empty_rows: int = 0
    line_breaks: dict[str, int] = field(default_factory=dict)
    share: float = 1.0

    def note(self, remark: str) -> None:
        """Add a remark, if it is not there yet."""
        if remark not in self.notes:
            self.notes.append(remark)

    def conclude(self, read: Reading) -> Text:
        """Add the remarks that only the whole table allows."""
        if self.empty_rows:
            self.note(f"skipped {self.empty_rows} rows without any value")
        for name, count in self.line_breaks.items():
            self.note(f"column {name!r}: {count} cells have line breaks in them")
        for mark in read.missing:
            if mark.strip() not in self.marks:
                self.note(f"read.missing: {mark!r} never occurs")
        return self
