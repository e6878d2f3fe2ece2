"""Tests whether two profiles can be of the same kind of rows."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator

import numpy as np
from pydantic import BaseModel

from probado.life.watch.profile import Column, Profile

# Counts below this are put together in a test of categories (W. G. Cochran, Biometrics 10 (1954) 417).
FEWEST = 5


class Shift(BaseModel):
    """How far a column is from what it was: the test, the distance from 0 to 1, its probability by chance."""

    part: str
    column: str
    test: str
    distance: float
    p: float
    drifted: bool = False


def shifts(before: Profile, now: Profile, confidence: float, least: float) -> list[Shift]:
    """Every test, and which of them found a shift: all together are wrong in at most 1 - confidence of the cases.

    Args:
        before: the rows on which the metrics were measured.
        now: those to be judged.
        confidence: that a shift of any column is none of chance, by Sidak's correction (J. Am. Stat. Assoc. 62 (1967)
            626): exact if the columns are independent, on the safe side if they go together.
        least: a distance below it is no shift, however sure it is.
    """
    found = list(_tests(before, now))
    threshold = 1 - confidence ** (1 / len(found)) if found else 0
    return [one.model_copy(update={"drifted": one.p < threshold and one.distance >= least}) for one in found]


def _tests(before: Profile, now: Profile) -> Iterator[Shift]:
    for part, old, new in (
        ("input", before.inputs, now.inputs),
        ("prediction", before.predictions, now.predictions),
    ):
        for name, column in old.items():
            if name in new:
                yield from _column(part, name, column, new[name])
    if before.errors and now.errors:
        yield worse(before.errors, now.errors)


def _column(part: str, name: str, old: Column, new: Column) -> Iterator[Shift]:
    if old.missing or new.missing:
        yield _missing(part, name, old, new)
    if old.numbers and new.numbers:
        yield numbers(part, name, old.numbers, new.numbers)
    if old.counts and new.counts:
        yield categories(part, name, old.counts, new.counts)


def numbers(part: str, name: str, old: list[float], new: list[float]) -> Shift:
    """Kolmogorov and Smirnov's test; the distance is the largest one of the two cumulative shares."""
    from scipy.stats import ks_2samp

    with warnings.catch_warnings():
        # It takes the asymptotic probability where the exact one cannot be computed.
        warnings.simplefilter("ignore", RuntimeWarning)
        found = ks_2samp(old, new)
    return Shift(part=part, column=name, test="Kolmogorov-Smirnov", distance=found.statistic, p=found.pvalue)


def categories(part: str, name: str, old: dict[str, int], new: dict[str, int]) -> Shift:
    """Pearson's test, rare values together; the distance is half the sum of the differences of shares."""
    from scipy.stats import chi2_contingency

    every = sorted(old.keys() | new.keys())
    counts = np.array([[one.get(value, 0) for value in every] for one in (old, new)], dtype=float)
    totals = counts.sum(axis=1, keepdims=True)
    distance = float(np.abs(counts[0] / totals[0] - counts[1] / totals[1]).sum() / 2)
    expected = counts.sum(axis=0) * totals.min() / totals.sum()
    rare = expected < FEWEST
    merged = np.column_stack([counts[:, ~rare], counts[:, rare].sum(axis=1)]) if rare.any() else counts
    merged = merged[:, merged.sum(axis=0) > 0]
    p = float(chi2_contingency(merged, correction=False).pvalue) if merged.shape[1] > 1 else 1.0
    return Shift(part=part, column=name, test="Pearson", distance=distance, p=p)


def _missing(part: str, name: str, old: Column, new: Column) -> Shift:
    p, distance = _shares((old.missing, old.rows), (new.missing, new.rows), "two-sided")
    return Shift(part=part, column=name, test="missing, Fisher", distance=distance, p=p)


def worse(old: Column, new: Column) -> Shift:
    """Whether predictions became worse: more wrong classes, or larger errors."""
    from scipy.stats import mannwhitneyu

    if old.counts is not None and new.counts is not None:
        p, distance = _shares((old.counts.get("wrong", 0), old.rows), (new.counts.get("wrong", 0), new.rows), "less")
        return Shift(part="performance", column="wrong classes", test="Fisher", distance=distance, p=p)
    sizes = len(old.numbers or []), len(new.numbers or [])
    if not min(sizes):
        return Shift(part="performance", column="errors", test="Mann-Whitney", distance=0, p=1)
    found = mannwhitneyu(new.numbers, old.numbers, alternative="greater")
    # How much more often than half of the time a new error is the larger one, from 0 to 1.
    lead = max(0.0, 2 * float(found.statistic) / math.prod(sizes) - 1)
    return Shift(part="performance", column="errors", test="Mann-Whitney", distance=lead, p=float(found.pvalue))


def _shares(old: tuple[int, int], new: tuple[int, int], alternative: str) -> tuple[float, float]:
    """Fisher's test of two shares: its probability, and their difference."""
    from scipy.stats import fisher_exact

    table = [[old[0], old[1] - old[0]], [new[0], new[1] - new[0]]]
    apart = abs(old[0] / max(old[1], 1) - new[0] / max(new[1], 1))
    return float(fisher_exact(table, alternative=alternative)[1]), apart
