"""The baseline of every model: Fisher's linear discriminant of a few physical quantities."""

from __future__ import annotations

from typing import Any

from ...common.problem import Problem

# Showers: muons make the signal at a given energy larger and the traces shorter. Stations: the same, at their distance.
# Images of the telescope: a gamma points to its source.
CUTS = (
    ("lg_s1000_per_energy", "risetime_1000", "zenith", "lg_energy"),
    ("lg_signal", "risetime", "core_distance", "zenith", "lg_energy"),
    ("fAlpha",),
)


def baseline(problem: Problem, features: list[str]) -> Any:
    """Return an unfitted estimator for a table of these features (R. A. Fisher, Ann. Eugen. 7 (1936) 179)."""
    from sklearn.compose import make_column_transformer
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler

    cut = next(names for names in CUTS if set(names) <= set(features))
    # Squares and products, because the depth of atmosphere is not linear in the zenith angle.
    steps = make_column_transformer((StandardScaler(), list(cut))), PolynomialFeatures(2, include_bias=False)
    return make_pipeline(*steps, LinearDiscriminantAnalysis())
