"""Write the page of the studies: tables, figures and their meaning."""

from __future__ import annotations

import base64
from typing import Any

import hydra
import numpy as np
from matplotlib.figure import Figure
from omegaconf import DictConfig

from ..charts import BLUE, GREY
from ..common.files import read_json, write_text
from ..common.paths import CONFIGS, ROOT, outputs
from ..common.strict import checked
from ..rendering import png, render
from .settings import STUDIES, Studies, configured

NAMES = ("leakage", "comparison", "telescope")


def points(title: str, x: str, values: dict[str, dict[str, float]], mark: float | None = None) -> Figure:
    """Values with their intervals, one line each, the first on top; a dotted line at `mark`."""
    figure = Figure(figsize=(7, 1.1 + 0.3 * len(values)), layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(values))[::-1]
    for place, of in zip(places, values.values(), strict=True):
        axes.plot([of["low"], of["high"]], [place, place], color=BLUE)
        axes.plot(of["value"], place, "o", color=BLUE)
    if mark is not None:
        axes.axvline(mark, color=GREY, linestyle=":")
    axes.set_yticks(places, list(values))
    axes.set(title=title, xlabel=x, ylim=(-0.6, len(values) - 0.4))
    return figure


def shifts(comparison: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Metrics by model and by the physics of the test showers, beginning with the physics of the training."""
    trained = comparison["models"]
    return {name: {"as trained": trained[name], **changes} for name, changes in comparison["systematics"].items()}


def figures(leakage: dict[str, Any], comparison: dict[str, Any], telescope: dict[str, Any]) -> dict[str, Figure]:
    """The figures of the page by name, from the results of the studies."""
    ways = {
        f"{way}, {what}": {"value": np.mean(of[what]), "low": min(of[what]), "high": max(of[what])}
        for way, of in leakage["accuracy"].items()
        for what in ("all features", "the shower's names alone")
    }
    merits = {name.replace("_", " "): list(of.values())[2] for name, of in comparison["models"].items()}
    # The best model on features, and all on traces.
    biases = {
        f"{model.replace('_', ' ')}, {change}": of["ln_mass_bias"]
        for model, changes in shifts(comparison).items()
        for change, of in changes.items()
        if model in (comparison["best on features"], *comparison["against features"])
    }
    areas = {name: of["roc_auc"] for name, of in telescope["models"].items()}
    return {
        "leakage": points("The same model, tested in two ways", "test accuracy", ways, leakage["chance"]),
        "comparison": points("Proton or iron, by what a model sees", "merit factor", merits),
        "systematics": points("Mean ln A, estimated minus true", "bias", biases, 0.0),
        "telescope": points("MAGIC, out of fold", "area under the ROC curve", areas, telescope["reference"]["roc_auc"]),
    }


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="studies")
def main(cfg: DictConfig) -> None:
    """Write reports/studies/studies.html."""
    settings = checked(cfg, Studies)
    config = configured("showers", "event")
    found = {name: read_json(ROOT / STUDIES / f"{name}.json") for name in NAMES}
    images = {name: base64.b64encode(png(figure)).decode() for name, figure in figures(**found).items()}
    moved = shifts(found["comparison"])
    data: Any = config.data
    guess = float(np.std(np.log(list(data.primaries.values()))))
    shown = {"figures": images, "shifts": moved, "guess": guess, "settings": settings, "config": config}
    text = render("studies.html", **shown, **found)
    write_text(outputs() / STUDIES / "studies.html", text)
    print(f"open {outputs() / STUDIES / 'studies.html'}")


if __name__ == "__main__":
    main()
