"""Compare two contents of one output whose bytes differ, by the rule that dvc.yaml declares (repository/rule.py)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from probado.prove.contents import read_contents
from probado.prove.numbers import close, distance, is_numeric
from probado.repository.rule import Rule

if TYPE_CHECKING:
    from probado.prove.contents import Contents


class Comparison(NamedTuple):
    """Whether two contents agree under a rule, and what was found."""

    agree: bool
    detail: str


def compare(committed: Path, found: Path, rule: Rule) -> Comparison:
    """Compare two files or folders by the values in them."""
    try:
        here, there = (read_contents(path, text=not rule.tolerates_numbers) for path in (committed, found))
        return _within_intervals(here, there) if rule.form == "interval" else _within_tolerance(here, there, rule)
    # A cell may hold a whole array, which has no order and no single truth.
    except (ValueError, TypeError) as error:
        return Comparison(False, f"could not be compared by {rule}: {error}")


def _within_tolerance(committed: Contents, found: Contents, rule: Rule) -> Comparison:
    """Whether all values are the same, or as close as a rule allows."""
    if missing := sorted(committed.keys() ^ found.keys()):
        return Comparison(False, f"{missing[0]} is in one of the two only")
    largest = 0.0
    for name, values in committed.items():
        off = distance(values, found[name])
        if off is None:
            return Comparison(False, f"{name} holds other values")
        limit = rule.columns.get(name.rpartition(":")[2], rule)
        # Without a tolerance the distance decides: isclose rounds large whole numbers.
        if off and not ((limit.rtol or limit.atol) and close(found[name], values, limit.rtol, limit.atol)):
            return Comparison(False, f"{name} is off by up to {off:.2g}, more than {rule}")
        largest = max(largest, off)
    return Comparison(True, f"off by {largest:.2g} at most" if largest else "the same values in other bytes")


def _within_intervals(committed: Contents, found: Contents) -> Comparison:
    """Whether each metric (an object with value, low and high) is in its committed interval, and all else the same."""
    metrics = {name.removesuffix("value") for name in committed if name.endswith("value")}
    metrics = {name for name in metrics if name + "low" in committed and name + "high" in committed}
    for name in metrics:
        if reason := _outside(name, committed, found):
            return Comparison(False, reason)
    for name in sorted(committed.keys() | found.keys()):
        inside = name.removesuffix("value").removesuffix("low").removesuffix("high") in metrics
        if not inside and (name not in committed or name not in found or distance(committed[name], found[name]) != 0):
            return Comparison(False, f"{name} differs, and is no metric with an interval")
    return Comparison(True, f"{len(metrics)} metrics within their intervals")


def _outside(name: str, committed: Contents, found: Contents) -> str | None:
    """Why a metric is not within its committed interval; None where it is."""
    import numpy as np

    low, high = committed[name + "low"], committed[name + "high"]
    value, *ends = (found.get(name + key, np.array("nothing")) for key in ("value", "low", "high"))
    if not all(is_numeric(number) and number.ndim == 0 for number in (low, high, value, *ends)):
        return f"{name}value, low and high are not all numbers"
    if not low <= value <= high:
        return f"{name}value is {value}, not between {low:g} and {high:g}"
    # Any value is within an interval that is wide enough.
    if not ends[0] <= value <= ends[1] or ends[1] - ends[0] > 2 * (high - low):
        return f"{name}low and high are {ends[0]} and {ends[1]}, committed {low:g} and {high:g}"
    return None
