"""Outputs whose bytes differ by what a format adds to a content: times, names, random ids."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import lzma
import re
import tarfile
import zipfile
import zlib
from itertools import zip_longest
from pathlib import Path
from typing import IO

from probado.files import begins, blocks

GZIP = b"\x1f\x8b"
DRAWN = re.compile(rb'<dc:date>[^<]*</dc:date>|(?:id|xlink:href|href|clip-path)="[^"]*"|url\(#[^)]*\)')


def same_bytes(one: Path, other: Path) -> bool:
    """Whether two files hold the same bytes."""
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as here, other.open("rb") as there:
        return _same_streams(here, there)


def gzip_header_alone(one: Path, other: Path) -> bool:
    """Whether two outputs hold gzip archives of the same content with different headers."""
    return any(same_unzipped(*pair) and not same_bytes(*pair) for pair in file_pairs(one, other))


def same_unzipped(one: Path, other: Path) -> bool:
    """Whether two files are gzip archives of the same content."""
    # An archive that is cut short is no archive.
    with contextlib.suppress(OSError, EOFError, zlib.error):
        if begins(one, GZIP) and begins(other, GZIP):
            with gzip.open(one) as here, gzip.open(other) as there:
                return _same_streams(here, there)
    return False


def archive_times_alone(one: Path, other: Path) -> bool:
    """Whether two outputs hold archives of tar or zip whose files are the same, with other times, owners or modes."""
    for here, there in file_pairs(one, other):
        members = None if same_bytes(here, there) else _members(here)
        if members is not None and members == _members(there):
            return True
    return False


def same_drawing(one: Path, other: Path) -> bool:
    """Whether two outputs hold an SVG picture that is the same but for dates and random ids."""
    for here, there in file_pairs(one, other):
        if here.suffix == ".svg":
            first, second = here.read_bytes(), there.read_bytes()
            if first != second and b"<svg" in first and DRAWN.sub(b"", first) == DRAWN.sub(b"", second):
                return True
    return False


def file_pairs(one: Path, other: Path) -> list[tuple[Path, Path]]:
    """The files of two outputs that correspond to each other."""
    if one.is_file():
        return [(one, other)] if other.is_file() else []
    names = [file.relative_to(one) for file in sorted(one.rglob("*")) if file.is_file()]
    return [(one / name, other / name) for name in names if (other / name).is_file()]


def _same_streams(one: IO[bytes] | gzip.GzipFile, other: IO[bytes] | gzip.GzipFile) -> bool:
    return all(here == there for here, there in zip_longest(blocks(one), blocks(other)))


def _members(path: Path) -> list[tuple[str, str]] | None:
    """Names and hashes of the files in an archive; None where it is none, broken, or cannot be read."""
    broken = (tarfile.TarError, zipfile.BadZipFile, OSError, EOFError, zlib.error, lzma.LZMAError)
    # zipfile raises a RuntimeError where it needs a password, or a method of compression that Python lacks.
    with contextlib.suppress(*broken, RuntimeError):
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                return [(name, _hash(archive.open(name))) for name in archive.namelist()]
        with tarfile.open(path) as tar:
            return [(part.name, _hash(tar.extractfile(part)) if part.isreg() else "") for part in tar]
    return None


def _hash(stream: IO[bytes] | None) -> str:
    if stream is None:
        return ""
    with stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
