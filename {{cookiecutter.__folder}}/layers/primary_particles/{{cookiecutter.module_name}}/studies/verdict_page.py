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


def compared(results: list[dict[str, Any]], metric: str, other: str) -> dict[str, dict[str, float]]:
    """Each network minus another model, by the network's title: mean over the seeds, half width, seeds it is better in.

    The half width is that of Student's 95 % interval of the mean: seeds differ in their training and test showers.
    """
    found, differences = values(results, metric), {}
    for title in (title for title in found if title.startswith("network")):
        difference = found[title] - found[other]
        half = stats.t.ppf(0.975, len(difference) - 1) * difference.std(ddof=1) / np.sqrt(len(difference))
        better = int((difference > 0).sum())
        differences[title] = {"mean": difference.mean(), "half": half, "better": better}
    return differences


def curve(results: dict[int, list[dict[str, Any]]], name: str, metric: str) -> Figure:
    """A metric against the number of training showers: mean and standard deviation, and each seed as a point."""
    figure, axes = new_figure("Proton or iron, by the number of training showers", "training showers", name)
    found = {number: values(of, metric) for number, of in results.items()}
    for place, title in enumerate(next(iter(found.values()))):
        each = {number * (1 + 0.03 * place): of[title] for number, of in found.items()}
        means, spreads = [of.mean() for of in each.values()], [of.std(ddof=1) for of in each.values()]
        line = axes.errorbar(list(each), means, spreads, fmt="o-", capsize=3, label=title)[0]
        for beside, of in each.items():
            axes.plot(np.full(len(of), beside), of, ".", color=line.get_color(), alpha=0.4, markersize=4)
    axes.set_xscale("log")
    axes.set_xticks(list(found), [f"{number:,}" for number in found])
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
    other = min((title for title in losses if not title.startswith("network")), key=losses.__getitem__)
    shown = {
        name: {
            "figure": base64.b64encode(png(curve(results, name, metric))).decode(),
            "lines": [
                {
                    "train": train,
                    "seeds": len(of),
                    "values": [(one.mean(), one.std(ddof=1)) for one in values(of, metric).values()],
                    "against": compared(of, metric, other),
                }
                for train, of in results.items()
            ],
        }
        for name, metric in METRICS.items()
    }
    text = render("verdict.html", metrics=shown, other=other, tuned=tuned, settings=verdict)
    write_text(outputs() / STUDIES / "verdict.html", text)
    print(f"open {outputs() / STUDIES / 'verdict.html'}")


if __name__ == "__main__":
    main()
