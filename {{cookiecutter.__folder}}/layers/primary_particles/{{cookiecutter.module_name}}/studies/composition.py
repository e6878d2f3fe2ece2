"""The composition of mixed samples: fractions of the primaries by a fit of templates, under this and other physics."""

from __future__ import annotations

from typing import Any

import hydra
import numpy as np
import pandas as pd
from omegaconf import DictConfig

from ..common.config import Config
from ..common.files import write_json
from ..common.paths import CONFIGS, outputs
from ..common.rows import Showers
from ..common.strict import checked
from ..modeling.shared.fitting import fit
from ..split import split_rows
from .settings import STUDIES, Composition, Studies, configured
from .simulated import rows

STEPS = 300


def fractions(counts: np.ndarray, templates: np.ndarray) -> np.ndarray:
    """The fractions of the primaries of the largest likelihood, float64 (fits, primaries).

    The likelihood is multinomial, and its maximum is reached by expectation and maximisation (A. P. Dempster et al.,
    J. R. Stat. Soc. B 39 (1977) 1).

    Args:
        counts: showers in each bin (fits, bins).
        templates: the share of each primary's showers in each bin, positive (fits, primaries, bins).
    """
    found = np.full(templates.shape[:2], 1 / templates.shape[1])
    shares = counts / counts.sum(axis=1, keepdims=True)
    for _ in range(STEPS):
        expected = np.einsum("fp,fpb->fb", found, templates)
        found = found * np.einsum("fpb,fb->fp", templates, shares / expected)
    return found


def composition(
    sample: np.ndarray, known: np.ndarray, resamples: int, confidence: float, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Fractions with their intervals, each float64 (primaries,), by a bootstrap of the sample and of the templates.

    Args:
        sample: showers in each bin (bins,).
        known: showers of each primary in each bin (primaries, bins), which make the templates.
        resamples: of the bootstrap.
        confidence: of the intervals.
        rng: the random numbers.
    """

    def templates(showers: np.ndarray) -> np.ndarray:
        # Half a shower more, so that no bin is impossible.
        filled = showers + 0.5
        return np.asarray(filled / filled.sum(axis=-1, keepdims=True))

    (value,) = fractions(sample[None], templates(known)[None])
    total = int(sample.sum())
    counts = rng.multinomial(total, sample / total, size=resamples)
    drawn = [rng.multinomial(int(of.sum()), of / of.sum(), size=resamples) for of in known]
    found = fractions(counts, templates(np.stack(drawn, axis=1)))
    low, high = np.quantile(found, [(1 - confidence) / 2, (1 + confidence) / 2], axis=0)
    return {"value": value, "low": low, "high": high}


class Mass:
    """The estimated ln A of showers, in bins; trained on the showers of the pipeline."""

    def __init__(self, config: Config, settings: Composition) -> None:
        data: Any = config.data
        table = rows(config)
        parts = split_rows(table, data, config.split, config.seed).to_numpy()
        train, validation = (table[parts == part].drop(columns="shower") for part in ("train", "validation"))
        self.fitted, self.config, self.primaries = fit(train, validation, config), config, list(data.primaries)
        self.ln_mass = np.log([data.primaries[name] for name in self.fitted.problem.classes])
        # Showers that nothing was trained on.
        first = data.showers
        self.known = np.arange(first, first + settings.templates)
        self.mixed = np.arange(first + settings.templates, first + settings.templates + settings.pool)
        shares = np.arange(1, settings.bins) / settings.bins
        table = rows(config, self.known)
        self.edges = np.quantile(self._estimated(table), shares)
        self.templates = self._counted(table)

    def pool(self, change: dict[str, Any]) -> dict[str, np.ndarray]:
        """The bin of each shower to mix, int64 (showers,), by its primary, under a change of the simulation."""
        data = Showers.model_validate(self.config.data.model_dump() | change)
        table = rows(self.config.model_copy(update={"data": data}), self.mixed)
        bins = np.searchsorted(self.edges, self._estimated(table))
        return {name: bins[(table["primary"] == name).to_numpy()] for name in self.primaries}

    def counts(self, bins: np.ndarray) -> np.ndarray:
        """How many showers lie in each bin, int64 (bins,)."""
        return np.bincount(bins, minlength=len(self.edges) + 1)

    def _estimated(self, table: pd.DataFrame) -> np.ndarray:
        return np.asarray(self.fitted.predict(table) @ self.ln_mass)

    def _counted(self, table: pd.DataFrame) -> np.ndarray:
        bins = np.searchsorted(self.edges, self._estimated(table))
        return np.stack([self.counts(bins[(table["primary"] == name).to_numpy()]) for name in self.primaries])


def mixtures(mass: Mass, settings: Composition, confidence: float, rng: np.random.Generator) -> dict[str, Any]:
    """Samples of random compositions, each with its true and found fractions (primaries,)."""
    pool = mass.pool({})
    samples = []
    for _ in range(settings.samples):
        # Uniform over all compositions.
        share = rng.dirichlet(np.ones(len(pool)))
        numbers = rng.multinomial(settings.showers, share)
        chosen = [rng.choice(bins, number) for bins, number in zip(pool.values(), numbers, strict=True)]
        counts = mass.counts(np.concatenate(chosen))
        found = composition(counts, mass.templates, settings.resamples, confidence, rng)
        samples.append({"true": share.tolist(), **{name: values.tolist() for name, values in found.items()}})
    true, low, high = (np.array([sample[name] for sample in samples]) for name in ("true", "low", "high"))
    held = ((low <= true) & (true <= high)).mean(axis=0)
    return {"samples": samples, "held": dict(zip(pool, held.tolist(), strict=True))}


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="studies")
def main(cfg: DictConfig) -> None:
    """Write reports/studies/composition.json."""
    studies = checked(cfg, Studies)
    settings, confidence = studies.composition, 0.95
    config = configured("showers", "event", model=settings.model)
    mass, rng = Mass(config, settings), np.random.default_rng(config.seed)
    result: dict[str, Any] = {"primaries": mass.primaries, "confidence": confidence}
    result |= mixtures(mass, settings, confidence, rng)
    result["systematics"] = {}
    for name, change in {"as trained": {}, **studies.comparison.systematics}.items():
        # As many of each primary as there are: only the physics moves the result.
        counts = mass.counts(np.concatenate(list(mass.pool(change).values())))
        found = composition(counts, mass.templates, settings.resamples, confidence, rng)
        of_each = zip(mass.primaries, *found.values(), strict=True)
        result["systematics"][name] = {
            primary: dict(zip(found, map(float, values), strict=True)) for primary, *values in of_each
        }
        print(name, {primary: round(of["value"], 3) for primary, of in result["systematics"][name].items()})
    write_json(outputs() / STUDIES / "composition.json", result)
    print(f"of {settings.samples} samples the interval held the fraction in", result["held"])


if __name__ == "__main__":
    main()
