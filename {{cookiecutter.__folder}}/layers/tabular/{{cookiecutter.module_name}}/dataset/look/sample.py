"""Rows from several places of a large file, because its beginning may not be like the rest."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...tables.files import EXCEL_97, GZIP, PARQUET, ZIP, beginning

# Bytes of text up to which a file is looked at as a whole, and of each place of a larger one.
WHOLE, PLACE = 1 << 26, 1 << 22
# How files begin in which a byte of a line feed is no end of a row: of other kinds, and of UTF-16.
OTHERS = (GZIP, ZIP, PARQUET, EXCEL_97, b"\xff\xfe", b"\xfe\xff")


@contextmanager
def sampled(path: Path) -> Iterator[tuple[Path, str]]:
    """A file to look at, and what it is a part of: "" where it is the file itself.

    Of more than 64 MiB of plain text, whole lines of 4 MiB from 16 places, the beginning first.
    """
    size = path.stat().st_size
    if size <= WHOLE or beginning(path).startswith(OTHERS):
        yield path, ""
        return
    places = WHOLE // PLACE
    with tempfile.TemporaryDirectory() as folder, path.open("rb") as file:
        sample = Path(folder, path.name)
        with sample.open("wb") as written:
            for number in range(places):
                file.seek(number * ((size - PLACE) // (places - 1)))
                # The rest of a line that begins before the place.
                if number:
                    file.readline()
                written.write(file.read(PLACE) + file.readline())
        share = sample.stat().st_size / size
        yield sample, f"{share:.0%} of the file, from {places} places"
