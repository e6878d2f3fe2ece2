"""Write the page of the studies: tables, figures and their meaning."""

from __future__ import annotations

import base64
from typing import Any

import hydra
import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from omegaconf import DictConfig

from ..charts import BLUE, GREY
from ..common.files import read_json, write_text
from ..common.paths import CONFIGS, ROOT, outputs
from ..common.strict import checked
from ..rendering import png, render
from .settings import STUDIES, Studies, configured

NAMES = ("validation", "leakage", "comparison", "composition", "telescope")


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


def recovered(composition: dict[str, Any]) -> Figure:
    """Fitted against true fractions of all samples, with their intervals, a panel for each primary."""
    figure = Figure(figsize=(10, 2.9), layout="constrained")
    panels = figure.subplots(1, len(composition["primaries"]), sharex=True, sharey=True)
    samples = composition["samples"]
    for number, (axes, name) in enumerate(zip(panels, composition["primaries"], strict=True)):
        keys = "true", "value", "low", "high"
        true, value, low, high = (np.array([of[key][number] for of in samples]) for key in keys)
        reach = np.maximum([value - low, high - value], 0)
        axes.errorbar(true, value, reach, fmt=".", color=BLUE, ecolor=GREY, elinewidth=0.7, markersize=4)
        axes.plot([0, 1], [0, 1], color=GREY, linestyle=":")
        axes.set(title=name, xlabel="true fraction")
    panels[0].set_ylabel("fitted fraction")
    return figure


def depths(validation: list[dict[str, Any]]) -> Figure:
    """Mean and spread of Xmax against the energy: simulated as points, published as lines."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    panels = figure.subplots(1, 2)
    for axes, what in zip(panels, ("mean Xmax", "spread of Xmax"), strict=True):
        of_this = [(*one["of"].split(", "), one) for one in validation if one["what"] == what]
        names = list(dict.fromkeys(name for name, *_ in of_this))
        for color, name in zip(colormaps["viridis_r"](np.linspace(0.1, 1, len(names))), names, strict=True):
            for model, line in (("EPOS-LHC", "-"), ("QGSJetII-04", "--")):
                known = [(lg, one) for primary, of, lg, one in of_this if (primary, of) == (name, model)]
                energies = [float(lg.removeprefix("lg E ")) for lg, _ in known]
                axes.plot(energies, [one["published"] for _, one in known], line, color=color, linewidth=1)
                axes.plot(energies, [one["found"] for _, one in known], "o", color=color, markersize=4)
            axes.plot([], [], "o-", color=color, label=name)
        axes.set(title=what, xlabel="lg(E / eV)", ylabel="g/cm²")
    panels[0].legend()
    return figure


def figures(
    validation: list[dict[str, Any]],
    leakage: dict[str, Any],
    comparison: dict[str, Any],
    composition: dict[str, Any],
    telescope: dict[str, Any],
) -> dict[str, Figure]:
    """The figures of the page by name, from the results of the studies."""
    ways = {
        f"{way}, {what}": {"value": np.mean(of[what]), "low": min(of[what]), "high": max(of[what])}
        for way, of in leakage["accuracy"].items()
        for what in ("all features", "the shower's names alone")
    }
    merits = {name.replace("_", " "): list(of.values())[2] for name, of in comparison["models"].items()}
    moved = {
        f"{model.replace('_', ' ')}, {change}": dict.fromkeys(("value", "low", "high"), part)
        for model, changes in comparison["shift"].items()
        for change, part in changes.items()
    }
    areas = {name: of["roc_auc"] for name, of in telescope["models"].items()}
    return {
        "depths": depths(validation),
        "leakage": points("The same model, tested in two ways", "test accuracy", ways, leakage["chance"]),
        "comparison": points("Proton or iron, by what a model sees", "merit factor", merits),
        "systematics": points("Shift of ln A by other physics", "part of proton to iron", moved, 0.0),
        "composition": recovered(composition),
        "telescope": points("MAGIC, out of fold", "area under the ROC curve", areas, telescope["reference"]["roc_auc"]),
    }


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="studies")
def main(cfg: DictConfig) -> None:
    """Write reports/studies/studies.html."""
    settings = checked(cfg, Studies)
    config = configured("showers", "event")
    found = {name: read_json(ROOT / STUDIES / f"{name}.json") for name in NAMES}
    images = {name: base64.b64encode(png(figure)).decode() for name, figure in figures(**found).items()}
    shown = {"figures": images, "shifts": shifts(found["comparison"]), "settings": settings, "config": config}
    text = render("studies.html", **shown, **found)
    write_text(outputs() / STUDIES / "studies.html", text)
    print(f"open {outputs() / STUDIES / 'studies.html'}")


if __name__ == "__main__":
    main()
