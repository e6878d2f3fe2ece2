"""The fit of a composition, on templates made by hand."""

from __future__ import annotations

import numpy as np

from {{ cookiecutter.module_name }}.studies.composition import composition, fractions

# Three kinds in six bins.
TEMPLATES = np.array([[5, 3, 1, 1, 0.5, 0.5], [1, 2, 3, 3, 2, 1], [0.5, 0.5, 1, 2, 4, 5]])
TEMPLATES /= TEMPLATES.sum(axis=1, keepdims=True)


def test_the_fractions_of_a_mixture_without_noise_are_found() -> None:
    true = np.array([[0.2, 0.5, 0.3], [0.7, 0.1, 0.2]])
    found = fractions(1000 * true @ TEMPLATES, np.stack([TEMPLATES, TEMPLATES]))
    np.testing.assert_allclose(found, true, atol=1e-4)


def test_intervals_hold_the_fractions_of_nine_in_ten_mixtures() -> None:
    rng, true = np.random.default_rng(1), np.array([0.2, 0.5, 0.3])
    held = []
    for _ in range(100):
        known = np.stack([rng.multinomial(4000, template) for template in TEMPLATES])
        found = composition(rng.multinomial(500, true @ TEMPLATES), known, resamples=100, confidence=0.95, rng=rng)
        assert np.isclose(found["value"].sum(), 1)
        held.append((found["low"] <= true) & (true <= found["high"]))
    assert (np.mean(held, axis=0) >= 0.9).all()


def test_a_kind_that_is_not_there_has_no_share() -> None:
    known = np.round(10_000 * TEMPLATES).astype(int)
    sample = np.round(2000 * TEMPLATES[0]).astype(int)
    found = composition(sample, known, resamples=50, confidence=0.95, rng=np.random.default_rng(2))
    np.testing.assert_allclose(found["value"], [1, 0, 0], atol=0.02)
    assert found["low"][2] < 1e-6
