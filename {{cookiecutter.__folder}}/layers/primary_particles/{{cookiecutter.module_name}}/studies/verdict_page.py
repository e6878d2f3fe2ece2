"""The page that shows the verdict, from its results at several numbers of training showers."""

from __future__ import annotations

import base64
from typing import Any

import hydra
import numpy as np
from matplotlib.figure import Figure
from omegaconf import DictConfig

from ..charts import new_figure
from ..common.files import read_json, write_text
from ..common.paths import CONFIGS, ROOT, outputs
from ..common.strict import checked
from ..rendering import png, render
from .settings import STUDIES, Studies

# Ranks alone decide on the area; the merit factor also asks for the shape of the two distributions.
METRICS = {"area under the ROC curve": "proton_iron_auc", "merit factor": "proton_iron_merit_factor"}


def values(result: dict[str, Any], metric: str) -> dict[str, np.ndarray]:
    """A metric of each model by its title, float64 (seeds,)."""
    return {title: np.array([of[metric] for of in found]) for title, found in result["models"].items()}


def compared(result: dict[str, Any], metric: str, losses: dict[str, float]) -> dict[str, Any] | None:
    """The best network minus the best other model, paired by seed; which is best, the validation showers say."""
    deep = {title for title in losses if title.startswith("network")}
    if not deep:
        return None
    first, second = (min(titles, key=losses.__getitem__) for titles in (deep, losses.keys() - deep))
    found = values(result, metric)
    difference = found[first] - found[second]
    spread = difference.std(ddof=1) / np.sqrt(len(difference))
    better = int((difference > 0).sum())
    return {"network": first, "other": second, "mean": difference.mean(), "error": spread, "better": better}


def curve(results: list[dict[str, Any]], name: str, metric: str) -> Figure:
    """A metric against the number of training showers: mean and standard deviation of the seeds."""
    figure, axes = new_figure("Proton or iron, by the number of training showers", "training showers", name)
    numbers = np.array([result["train"] for result in results])
    for place, title in enumerate(results[0]["models"]):
        found = [values(result, metric)[title] for result in results]
        means, spreads = [of.mean() for of in found], [of.std(ddof=1) for of in found]
        axes.errorbar(numbers * (1 + 0.02 * place), means, spreads, fmt="o-", capsize=3, label=title)
    axes.set_xscale("log")
    axes.legend()
    return figure


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="studies")
def main(cfg: DictConfig) -> None:
    """Write reports/studies/verdict.html from what is in reports/studies/verdict/."""
    verdict = checked(cfg, Studies).verdict
    found = [read_json(path) for path in (ROOT / STUDIES / "verdict").glob("*.json")]
    results: list[dict[str, Any]] = sorted(found, key=lambda result: int(result["train"]))
    tuned = read_json(ROOT / STUDIES / "tuning.json")
    losses = {title: min(trial["log_loss"] for trial in of["trials"]) for title, of in tuned.items()}
    shown = {
        name: {
            "figure": base64.b64encode(png(curve(results, name, metric))).decode(),
            "lines": [
                {
                    "train": result["train"],
                    "values": [(of.mean(), of.std(ddof=1)) for of in values(result, metric).values()],
                    "against": compared(result, metric, losses),
                }
                for result in results
            ],
        }
        for name, metric in METRICS.items()
    }
    text = render("verdict.html", metrics=shown, tuned=tuned, settings=verdict)
    write_text(outputs() / STUDIES / "verdict.html", text)
    print(f"open {outputs() / STUDIES / 'verdict.html'}")


if __name__ == "__main__":
    main()
