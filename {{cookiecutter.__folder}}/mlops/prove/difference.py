"""What differs between two contents of one output, in lines for people."""

from __future__ import annotations

import contextlib
import gzip
import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops.prove.compare import distance, leaves, numeric

if TYPE_CHECKING:
    import numpy as np

MOST = 6
TEXT = (".html", ".htm", ".svg", ".md", ".txt", ".xml", ".tex", ".yaml", ".yml", ".log")


def describe(one: Path, other: Path) -> list[str]:
    """What differs, the largest first where there are numbers; empty where the contents are the same."""
    if one.is_dir() or other.is_dir():
        return in_folders(one, other)
    first, second = one.read_bytes(), other.read_bytes()
    if first == second:
        return []
    # One that is cut short is compared by its bytes.
    with contextlib.suppress(OSError, EOFError, zlib.error):
        if first[:2] == second[:2] == b"\x1f\x8b" and gzip.decompress(first) == gzip.decompress(second):
            return ["the same content; the gzip header alone differs (it holds a time and a name)"]
    try:
        found = in_values(leaves(one), leaves(other))
    except (ValueError, OSError):
        found = []
    return found or in_bytes(first, second, one.suffix.lower() in TEXT)


def in_folders(one: Path, other: Path) -> list[str]:
    """What differs between two folders, file by file."""
    names = {file.relative_to(root) for root in (one, other) for file in root.rglob("*") if file.is_file()}
    lines = []
    for name in sorted(names):
        if not ((one / name).is_file() and (other / name).is_file()):
            lines.append(f"{name} is in one of the two only")
        else:
            lines += [f"{name}: {line}" for line in describe(one / name, other / name)]
    return shortened(lines)


def in_values(one: dict[str, np.ndarray[Any, Any]], other: dict[str, np.ndarray[Any, Any]]) -> list[str]:
    """What differs between the values of two files."""
    lines: list[tuple[float, str]] = []
    for name in one | other:
        if name not in one or name not in other:
            lines.append((float("inf"), f"{name} is in one of the two only"))
            continue
        off = distance(one[name], other[name])
        if off == 0:
            continue
        lines.append((float("inf") if off is None else off, f"{name}: {in_arrays(one[name], other[name], off)}"))
    return shortened([line for _, line in sorted(lines, key=lambda line: -line[0])])


def in_arrays(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any], off: float | None) -> str:
    """What differs between two arrays."""
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
    largest = f", by up to {off:.2g}" if off is not None and numeric(one) else ""
    where = first[0] if len(first) == 1 else first
    return f"{len(places)} of {one.size} differ{largest}; first at {where}: {one[first]!r}, now {other[first]!r}"


def in_bytes(one: bytes, other: bytes, text: bool) -> list[str]:
    """What differs between two texts, by lines, or between bytes of unknown meaning."""
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


def same_drawing(one: bytes, other: bytes) -> bool:
    """Whether two SVG pictures are the same but for dates and random ids."""
    ids = re.compile(rb'<dc:date>[^<]*</dc:date>|(?:id|xlink:href|href|clip-path)="[^"]*"|url\(#[^)]*\)')
    return one != other and b"<svg" in one and ids.sub(b"", one) == ids.sub(b"", other)


def shortened(lines: list[str]) -> list[str]:
    """The first lines, and how many more there are."""
    return lines if len(lines) <= MOST else [*lines[:MOST], f"and {len(lines) - MOST} more"]
