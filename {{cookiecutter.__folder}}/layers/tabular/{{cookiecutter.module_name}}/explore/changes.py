"""What a new version of a table changed."""

from __future__ import annotations

from typing import Any

# Categories of a column of which a changed share is told, those that changed most.
MOVED = 3


def changes(before: dict[str, Any], now: dict[str, Any]) -> list[dict[str, str]]:
    """The differences between two profiles as `profile` makes them, for each: column, what, before and now as text.

    Columns in the order of the new table; those that are gone at the end. A moved mean also says by how many standard
    deviations of before.
    """
    found = []
    for what in ("rows", "complete", "target", "task"):
        if before[what] != now[what]:
            name = {"complete": "rows that miss nothing"}.get(what, what)
            found.append(_change("", name, before[what], now[what]))
    earlier = {column["name"]: column for column in before["columns"]}
    for column in now["columns"]:
        if column["name"] not in earlier:
            found.append(_change(column["name"], "is new", "", column["type"]))
        else:
            found += _of_column(earlier.pop(column["name"]), column)
    return [*found, *(_change(name, "is gone", column["type"], "") for name, column in earlier.items())]


def _of_column(before: dict[str, Any], now: dict[str, Any]) -> list[dict[str, str]]:
    name = now["name"]
    if before["type"] != now["type"]:
        return [_change(name, "type", before["type"], now["type"])]
    found = []
    missing = [f"{100 * column['missing_share']:.4g} %" for column in (before, now)]
    if missing[0] != missing[1]:
        found.append(_change(name, "missing", *missing))
    if before["range"] != now["range"]:
        found.append(_change(name, "range", *(" to ".join(map(_said, column["range"])) for column in (before, now))))
    if "mean" in before and "mean" in now and before["mean"] != now["mean"]:
        moved = f" ({(now['mean'] - before['mean']) / before['std']:+.2g} standard deviations)" if before["std"] else ""
        found.append(_change(name, "mean", before["mean"], f"{_said(now['mean'])}{moved}"))
    if now["type"] in ("category", "text"):
        found += _of_categories(before, now)
    return found


def _of_categories(before: dict[str, Any], now: dict[str, Any]) -> list[dict[str, str]]:
    name, found = now["name"], []
    if before["distinct"] != now["distinct"]:
        found.append(_change(name, "distinct values", before["distinct"], now["distinct"]))
    shares = [_shares(before), _shares(now)]
    moved = {value: abs(shares[1].get(value, 0) - shares[0].get(value, 0)) for value in {*shares[0], *shares[1]}}
    for value in sorted(moved, key=lambda value: (-moved[value], value))[:MOVED]:
        told = [f"{100 * share[value]:.4g} %" if value in share else "rare or none" for share in shares]
        if told[0] != told[1]:
            found.append(_change(name, f"share of {value!r}", *told))
    return found


def _shares(column: dict[str, Any]) -> dict[str, float]:
    """The share of each frequent category; the others are not kept by name."""
    return {name: share for name, _, share in column["bars"]}


def _change(column: str, what: str, before: Any, now: Any) -> dict[str, str]:
    return {"column": column, "what": what, "before": _said(before), "now": _said(now)}


def _said(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
