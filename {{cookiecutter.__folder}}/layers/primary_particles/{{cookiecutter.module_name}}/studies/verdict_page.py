"""The page that shows the verdict, from its results at several numbers of training showers."""

from __future__ import annotations

import base64
from typing import Any

import hydra
import numpy as np
from matplotlib.figure import Figure
from omegaconf import DictConfig
from scipy import stats

from ..charts import new_figure
from ..common.files import read_json, write_text
from ..common.paths import CONFIGS, ROOT, outputs
from ..common.strict import checked
from ..rendering import png, render
from .settings import STUDIES, Studies

# Ranks alone decide on the area; the merit factor also asks for the shape of the two distributions.
METRICS = {"area under the ROC curve": "proton_iron_auc", "merit factor": "proton_iron_merit_factor"}


def values(results: list[dict[str, Any]], metric: str) -> dict[str, np.ndarray]:
    """A metric of each model by its title, float64 (seeds,)."""
    return {title: np.array([of["models"][title][metric] for of in results]) for title in results[0]["models"]}


def compared(results: list[dict[str, Any]], metric: str, losses: dict[str, float]) -> dict[str, Any] | None:
    """The best network minus the best other model, paired by seed; which is best, the validation showers say.

    The half width is that of Student's 95 % interval of the mean: seeds differ in their training and test showers.
    """
    deep = {title for title in losses if title.startswith("network")}
    if not deep:
        return None
    first, second = (min(titles, key=losses.__getitem__) for titles in (deep, losses.keys() - deep))
    found = values(results, metric)
    difference = found[first] - found[second]
    half = stats.t.ppf(0.975, len(difference) - 1) * difference.std(ddof=1) / np.sqrt(len(difference))
    better = int((difference > 0).sum())
    return {"network": first, "other": second, "mean": difference.mean(), "half": half, "better": better}


def curve(results: dict[int, list[dict[str, Any]]], name: str, metric: str) -> Figure:
    """A metric against the number of training showers: mean and standard deviation, and each seed as a point."""
    figure, axes = new_figure("Proton or iron, by the number of training showers", "training showers", name)
    numbers = np.array(list(results))
    found = [values(of, metric) for of in results.values()]
    for place, title in enumerate(found[0]):
        beside = numbers * (1 + 0.03 * place)
        each = np.array([of[title] for of in found])
        line = axes.errorbar(beside, each.mean(1), each.std(1, ddof=1), fmt="o-", capsize=3, label=title)[0]
        axes.plot(beside, each, ".", color=line.get_color(), alpha=0.4, markersize=4)
    axes.set_xscale("log")
    axes.set_xticks(numbers, [f"{number:,}" for number in numbers])
    axes.minorticks_off()
    axes.legend()
    return figure


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="studies")
def main(cfg: DictConfig) -> None:
    """Write reports/studies/verdict.html from what is in reports/studies/verdict/."""
    verdict = checked(cfg, Studies).verdict
    found = [read_json(path) for path in (ROOT / STUDIES / "verdict").glob("*.json")]
    results: dict[int, list[dict[str, Any]]] = {}
    for result in sorted(found, key=lambda result: (int(result["train"]), int(result["seed"]))):
        results.setdefault(result["train"], []).append(result)
    tuned = read_json(ROOT / STUDIES / "tuning.json")
    losses = {title: min(trial["log_loss"] for trial in of["trials"]) for title, of in tuned.items()}
    shown = {
        name: {
            "figure": base64.b64encode(png(curve(results, name, metric))).decode(),
            "lines": [
                {
                    "train": train,
                    "seeds": len(of),
                    "values": [(one.mean(), one.std(ddof=1)) for one in values(of, metric).values()],
                    "against": compared(of, metric, losses),
                }
                for train, of in results.items()
            ],
        }
        for name, metric in METRICS.items()
    }
    text = render("verdict.html", metrics=shown, tuned=tuned, settings=verdict)
    write_text(outputs() / STUDIES / "verdict.html", text)
    print(f"open {outputs() / STUDIES / 'verdict.html'}")


if __name__ == "__main__":
    main()
