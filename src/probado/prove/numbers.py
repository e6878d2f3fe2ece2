"""Arrays of any size beside each other, piece by piece: memory stays within a few times PIECE values."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from probado.prove.contents import Array

# Values at a time.
PIECE = 2**20


def distance(one: Array, other: Array) -> float | None:
    """The largest difference of two arrays; None where no number tells it (text, shapes, gaps)."""
    if one.shape != other.shape or (one.dtype.kind == "b") != (other.dtype.kind == "b"):
        return None
    if is_numeric(one) and is_numeric(other):
        largest = 0.0
        for here, there in pieces(one, other):
            off = _distance_of_numbers(here, there)
            if off is None:
                return None
            largest = max(largest, off)
        return largest
    return 0.0 if all(bool((same(here, there)).all()) for here, there in pieces(one, other)) else None


def spread(one: Array, other: Array) -> tuple[float, float, float] | None:
    """The largest absolute and relative difference of two arrays of numbers, and the largest value of the first.

    The relative one is infinite beside a zero. None where shapes or gaps differ.
    """
    import numpy as np

    off = distance(one, other)
    if off is None:
        return None
    relative = largest = 0.0
    for here, there in pieces(one, other):
        values = np.abs(here.astype(complex))
        largest = max(largest, float(np.nanmax(values, initial=0.0)))
        changed = ~same(here, there)
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = np.abs(here[changed].astype(complex) - there[changed].astype(complex)) / values[changed]
        relative = max(relative, float(parts.max()) if parts.size else 0.0)
    return off, relative, largest


def close(one: Array, other: Array, rtol: float, atol: float) -> bool:
    """Whether every value of one array is as close to its counterpart as numpy.isclose asks; gaps are alike."""
    import numpy as np

    return all(
        bool(np.isclose(here, there, rtol=rtol, atol=atol, equal_nan=True).all()) for here, there in pieces(one, other)
    )


def differing(one: Array, other: Array) -> tuple[int, tuple[int, ...]]:
    """How many values of two arrays of one shape differ, and where the first is."""
    import numpy as np

    count, first, start = 0, -1, 0
    for here, there in pieces(one, other):
        places = np.flatnonzero(~same(here, there))
        if len(places) and first < 0:
            first = start + int(places[0])
        count, start = count + len(places), start + len(here)
    order: Any = "F" if _by_columns(one, other) else "C"
    return count, tuple(int(place) for place in np.unravel_index(max(first, 0), one.shape, order=order))


def same_in_another_order(one: Array, other: Array) -> bool:
    """Whether two arrays of one shape hold the same values: by the sum of a hash of each, which has no order."""
    if one.dtype != other.dtype:
        return False
    sums = [0, 0]
    for pair in pieces(one, other):
        for number, values in enumerate(pair):
            sums[number] = (sums[number] + _fingerprint(values)) % 2**64
    return sums[0] == sums[1]


def pieces(one: Array, other: Array) -> Iterator[tuple[Array, Array]]:
    """Two arrays of one shape as pairs of flat pieces, in the order in which they lie in memory."""
    if _by_columns(one, other):
        one, other = one.T, other.T
    first, second = one.reshape(-1), other.reshape(-1)
    for start in range(0, one.size, PIECE):
        yield first[start : start + PIECE], second[start : start + PIECE]
        for array in (one, other):
            _forget(array)


def same(one: Array, other: Array) -> Array:
    """Where two arrays hold the same, gaps included."""
    found: Array = (one == other) | ((one != one) & (other != other))
    return found


def is_numeric(values: Array) -> bool:
    """Whether an array holds numbers or truth values."""
    return values.dtype.kind in "biufc"


def _distance_of_numbers(one: Array, other: Array) -> float | None:
    import numpy as np

    kinds = {one.dtype.kind, other.dtype.kind}
    if not kinds & {"f", "c"}:
        # Floating point cannot tell whole numbers beyond 2^53 apart, such as ids.
        if kinds <= {"i", "b"} or kinds <= {"u", "b"}:
            wide: Any = np.int64 if "i" in kinds else np.uint64
            larger, smaller = np.maximum(one, other).astype(wide), np.minimum(one, other).astype(wide)
            # Of two numbers with a sign the difference may need all 64 bits.
            off = (larger - smaller).view(np.uint64)
        else:
            off = np.abs(one.astype(object) - other.astype(object))
        return float(off.max()) if off.size else 0.0
    kind: Any = complex if "c" in kinds else float
    one, other = one.astype(kind), other.astype(kind)
    gaps = np.isnan(one)
    if bool(np.any(gaps != np.isnan(other))):
        return None
    with np.errstate(invalid="ignore"):  # two infinite values, which are no difference
        off = np.abs(one - other, where=(one != other) & ~gaps, out=np.zeros(one.shape))
    return float(off.max()) if off.size else 0.0


def _fingerprint(values: Array) -> int:
    """The sum of a hash of each value."""
    import numpy as np

    if values.dtype.kind not in "biufcmM" or values.dtype.itemsize > 8:
        return sum(hash(repr(value)) for value in values.ravel())
    bits = np.ascontiguousarray(values).view(f"u{values.dtype.itemsize}").astype(np.uint64)
    # The mixing step of SplitMix64 (Steele, Lea, Flood 2014).
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        bits = (bits ^ (bits >> np.uint64(shift))) * np.uint64(factor)
    return int((bits ^ (bits >> np.uint64(31))).sum(dtype=np.uint64))


def _by_columns(one: Array, other: Array) -> bool:
    """Whether both arrays lie in memory column by column, as Fortran has them."""
    return bool(one.flags.f_contiguous and other.flags.f_contiguous and not one.flags.c_contiguous)


def _forget(array: Array) -> None:
    """Let the system take the pages of a mapped file back: they count as memory of this process."""
    mapped = getattr(array, "_mmap", None)
    if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)
