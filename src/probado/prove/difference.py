"""What differs between two contents of one output, in lines for people."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import lzma
import re
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from probado.prove.compare import distance
from probado.prove.contents import read_contents

if TYPE_CHECKING:
    from probado.prove.contents import Array, Contents

MOST_LINES = 6
TEXT = (".html", ".htm", ".svg", ".md", ".txt", ".xml", ".tex", ".yaml", ".yml", ".log")
GZIP = b"\x1f\x8b"
GZIP_HEADER = "the same content; the gzip header alone differs (it holds a time and a name)"


def describe(one: Path, other: Path) -> list[str]:
    """What differs between two files or folders, the largest difference first; empty where nothing does."""
    if one.is_dir() or other.is_dir():
        return _in_folders(one, other)
    first, second = one.read_bytes(), other.read_bytes()
    if first == second:
        return []
    # An archive that is cut short is compared by its bytes.
    with contextlib.suppress(OSError, EOFError, zlib.error):
        if first[:2] == second[:2] == GZIP and gzip.decompress(first) == gzip.decompress(second):
            return [GZIP_HEADER]
    try:
        lines = _in_values(read_contents(one), read_contents(other))
    # A cell may hold a whole array, which has no order and no single truth.
    except (ValueError, TypeError, OSError):
        lines = []
    return lines or _in_bytes(first, second, one.suffix.lower() in TEXT)


def _in_folders(one: Path, other: Path) -> list[str]:
    names = {file.relative_to(root) for root in (one, other) for file in root.rglob("*") if file.is_file()}
    lines = []
    for name in sorted(names):
        if not ((one / name).is_file() and (other / name).is_file()):
            lines.append(f"{name} is in one of the two only")
        else:
            lines += [f"{name}: {line}" for line in describe(one / name, other / name)]
    return _shortened(lines)


def _in_values(one: Contents, other: Contents) -> list[str]:
    lines: list[tuple[float, str]] = []
    for name in one | other:
        if name not in one or name not in other:
            lines.append((float("inf"), f"{name} is in one of the two only"))
            continue
        off = distance(one[name], other[name])
        if off != 0:
            size = float("inf") if off is None else off
            lines.append((size, f"{name}: {_in_arrays(one[name], other[name], off)}"))
    return _shortened([line for _, line in sorted(lines, key=lambda line: -line[0])])


def _in_arrays(one: Array, other: Array, off: float | None) -> str:
    import numpy as np

    if one.shape != other.shape:
        return f"shape {one.shape}, now {other.shape}"
    if one.ndim == 0:
        return f"{one.item()!r}, now {other.item()!r}"
    if sorted(map(repr, one.ravel())) == sorted(map(repr, other.ravel())):
        return "the same values in another order"
    both_gaps = (one != one) & (other != other)
    places = np.argwhere((one != other) & ~both_gaps)
    first = tuple(int(place) for place in places[0])
    largest = f", by up to {off:.2g}" if off is not None else ""
    where = first[0] if len(first) == 1 else first
    values = f"{_plain(one[first])!r}, now {_plain(other[first])!r}"
    return f"{len(places)} of {one.size} differ{largest}; first at {where}: {values}"


def _plain(value: Any) -> Any:
    """A value of an array as Python's own: numpy shows its types."""
    return value.item() if hasattr(value, "item") else value


def _in_bytes(one: bytes, other: bytes, text: bool) -> list[str]:
    if text:
        first, second = (content.decode("utf-8", "replace").splitlines() for content in (one, other))
        for number, (here, there) in enumerate(zip(first, second, strict=False), start=1):
            if here != there:
                start = next((at for at, pair in enumerate(zip(here, there, strict=False)) if pair[0] != pair[1]), 0)
                cut = slice(max(0, start - 30), start + 50)
                return [f"line {number}: {here[cut].strip()!r}, now {there[cut].strip()!r}"]
        return [f"{len(first)} lines, now {len(second)}"]
    import numpy as np

    common = min(len(one), len(other))
    differing = np.flatnonzero(np.frombuffer(one, np.uint8, common) != np.frombuffer(other, np.uint8, common))
    sizes = f"{len(one)} bytes" if len(one) == len(other) else f"{len(one)} bytes, now {len(other)}"
    return [f"{sizes}; {len(differing)} of them differ, the first at {differing[0] if len(differing) else common}"]


def gzip_header_alone(one: Path, other: Path) -> bool:
    """Whether two files, or files of two folders, are gzip archives of the same content with different headers."""
    pairs = [pair for pair in file_pairs(one, other) if all(_is_gzip(path) for path in pair)]
    return any(describe(*pair) == [GZIP_HEADER] for pair in pairs)


def archive_times_alone(one: Path, other: Path) -> bool:
    """Whether two outputs hold archives of tar or zip whose files are the same, with other times, owners or modes."""
    for here, there in file_pairs(one, other):
        contents = _members(here)
        if contents is not None and contents == _members(there) and here.read_bytes() != there.read_bytes():
            return True
    return False


def _members(path: Path) -> list[tuple[str, str]] | None:
    """Names and hashes of the files in an archive; None where it is none, or broken."""
    with contextlib.suppress(tarfile.TarError, zipfile.BadZipFile, OSError, EOFError, zlib.error, lzma.LZMAError):
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


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == GZIP


def same_drawing(one: Path, other: Path) -> bool:
    """Whether two outputs hold an SVG picture that is the same but for dates and random ids."""
    ids = re.compile(rb'<dc:date>[^<]*</dc:date>|(?:id|xlink:href|href|clip-path)="[^"]*"|url\(#[^)]*\)')
    for here, there in file_pairs(one, other):
        if here.suffix == ".svg":
            first, second = here.read_bytes(), there.read_bytes()
            if first != second and b"<svg" in first and ids.sub(b"", first) == ids.sub(b"", second):
                return True
    return False


def file_pairs(one: Path, other: Path) -> list[tuple[Path, Path]]:
    """The files of two outputs that correspond to each other."""
    if one.is_file():
        return [(one, other)] if other.is_file() else []
    names = [file.relative_to(one) for file in sorted(one.rglob("*")) if file.is_file()]
    return [(one / name, other / name) for name in names if (other / name).is_file()]


def _shortened(lines: list[str]) -> list[str]:
    return lines if len(lines) <= MOST_LINES else [*lines[:MOST_LINES], f"and {len(lines) - MOST_LINES} more"]
