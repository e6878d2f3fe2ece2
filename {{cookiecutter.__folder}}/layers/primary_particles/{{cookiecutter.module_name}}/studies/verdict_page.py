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
from .settings import STUDIES, Studies, Verdict

MERIT = "proton_iron_merit_factor"


def merits(result: dict[str, Any]) -> dict[str, np.ndarray]:
    """The merit factor of each model by its title, float64 (seeds,)."""
    return {title: np.array([of[MERIT] for of in found]) for title, found in result["models"].items()}


def compared(result: dict[str, Any], verdict: Verdict, losses: dict[str, float]) -> dict[str, Any]:
    """The best network minus the best other model, paired by seed; which is best, the validation showers say."""
    deep = {title for title in verdict.models if title.startswith("network")}
    first, second = (min(titles, key=losses.__getitem__) for titles in (deep, losses.keys() - deep))
    found = merits(result)
    difference = found[first] - found[second]
    spread = difference.std(ddof=1) / np.sqrt(len(difference))
    better = int((difference > 0).sum())
    return {"network": first, "other": second, "mean": difference.mean(), "error": spread, "better": better}


def curve(results: list[dict[str, Any]]) -> Figure:
    """The merit factor against the number of training showers: mean and standard deviation of the seeds."""
    figure, axes = new_figure("Proton or iron, by the number of training showers", "training showers", "merit factor")
    numbers = np.array([result["train"] for result in results])
    for place, title in enumerate(merits(results[0])):
        found = [merits(result)[title] for result in results]
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
    table = [
        {
            "train": result["train"],
            "merits": {title: (of.mean(), of.std(ddof=1)) for title, of in merits(result).items()},
            "against": compared(result, verdict, losses) if any(one.startswith("network") for one in losses) else None,
        }
        for result in results
    ]
    image = base64.b64encode(png(curve(results))).decode()
    shown = {"table": table, "figure": image, "tuned": tuned, "settings": verdict}
    write_text(outputs() / STUDIES / "verdict.html", render("verdict.html", **shown))
    print(f"open {outputs() / STUDIES / 'verdict.html'}")


if __name__ == "__main__":
    main()
