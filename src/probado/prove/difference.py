"""What differs between two contents of one output, in lines for people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from probado.files import blocks
from probado.prove.alike import same_bytes, same_unzipped
from probado.prove.contents import read_contents
from probado.prove.numbers import differing, distance, same_in_another_order

if TYPE_CHECKING:
    from probado.prove.contents import Array, Contents

MOST_LINES = 6
TEXT = (".html", ".htm", ".svg", ".md", ".txt", ".xml", ".tex", ".yaml", ".yml", ".log")
# Bytes of a line of text that are compared: a page may be one line.
LONGEST_LINE = 2**16


def describe(one: Path, other: Path) -> list[str]:
    """What differs between two files or folders, the largest difference first; empty where nothing does."""
    if one.is_dir() or other.is_dir():
        return _in_folders(one, other)
    if same_bytes(one, other):
        return []
    if same_unzipped(one, other):
        return ["the same content; the gzip header alone differs (it holds a time and a name)"]
    try:
        lines = _in_values(read_contents(one), read_contents(other))
    # A cell may hold a whole array, which has no order and no single truth.
    except (ValueError, TypeError, OSError):
        lines = []
    return lines or (_in_text(one, other) if one.suffix.lower() in TEXT else _in_bytes(one, other))


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
    if one.shape != other.shape:
        return f"shape {one.shape}, now {other.shape}"
    if one.ndim == 0:
        return f"{one.item()!r}, now {other.item()!r}"
    if same_in_another_order(one, other):
        return "the same values in another order"
    count, first = differing(one, other)
    largest = f", by up to {off:.2g}" if off is not None else ""
    where = first[0] if len(first) == 1 else first
    values = f"{_plain(one[first])!r}, now {_plain(other[first])!r}"
    return f"{count} of {one.size} differ{largest}; first at {where}: {values}"


def _plain(value: Any) -> Any:
    """A value of an array as Python's own: numpy shows its types."""
    return value.item() if hasattr(value, "item") else value


def _in_text(one: Path, other: Path) -> list[str]:
    with one.open("rb") as first, other.open("rb") as second:
        number = 0
        for number, (here, there) in enumerate(zip(_lines(first), _lines(second), strict=False), start=1):
            if here != there:
                start = next((at for at, pair in enumerate(zip(here, there, strict=False)) if pair[0] != pair[1]), 0)
                cut = slice(max(0, start - 30), start + 50)
                return [f"line {number}: {here[cut].strip()!r}, now {there[cut].strip()!r}"]
        return [f"the same {number} lines, of which one of the two has more or ends them otherwise"]


def _lines(file: IO[bytes]) -> Iterator[str]:
    while line := file.readline(LONGEST_LINE):
        yield line.decode("utf-8", "replace").rstrip("\r\n")


def _in_bytes(one: Path, other: Path) -> list[str]:
    import numpy as np

    count, start, first = 0, 0, None
    with one.open("rb") as here, other.open("rb") as there:
        for pair in zip(blocks(here), blocks(there), strict=False):
            common = min(map(len, pair))
            first_bytes, second_bytes = (np.frombuffer(block, np.uint8, common) for block in pair)
            places = np.flatnonzero(first_bytes != second_bytes)
            if len(places) and first is None:
                first = start + int(places[0])
            count, start = count + len(places), start + common
    before, now = one.stat().st_size, other.stat().st_size
    sizes = f"{before} bytes" if before == now else f"{before} bytes, now {now}"
    return [f"{sizes}; {count} of them differ, the first at {start if first is None else first}"]


def _shortened(lines: list[str]) -> list[str]:
    return lines if len(lines) <= MOST_LINES else [*lines[:MOST_LINES], f"and {len(lines) - MOST_LINES} more"]
