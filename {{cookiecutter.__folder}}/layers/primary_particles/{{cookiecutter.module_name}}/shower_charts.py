"""Figures of showers and their predictions. Each function returns one figure and writes nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
from matplotlib import colormaps
from matplotlib.figure import Figure
from sklearn.metrics import roc_curve

from .charts import BLUE, GREY, class_names, new_figure
from .common.simulation import Station

# From light to dark, so that the order of the primaries shows in grey too.
COLORS = colormaps["viridis_r"]


def shower(events: pd.DataFrame, stations: pd.DataFrame) -> Figure:
    """The shower with most stations, as seen by the array: signals as areas, core and direction."""
    event = events.iloc[int(events["multiplicity"].to_numpy().argmax())]
    seen = stations[stations["shower"] == event["shower"]]
    figure, axes = new_figure(
        f"A shower of lg(E / eV) = {np.log10(event['energy']):.1f}, zenith {event['zenith']:.0f}°", "x, km", "y, km"
    )
    area = 40 * np.log10(1 + seen["signal"])
    points = axes.scatter(seen["x"] / 1000, seen["y"] / 1000, area, seen["risetime"], cmap="viridis")
    x, y, azimuth = event["core_x"] / 1000, event["core_y"] / 1000, np.radians(event["azimuth"])
    axes.plot(x, y, "x", color="#d55e00", markersize=10, label="core")
    origin = (x + 2.5 * np.cos(azimuth), y + 2.5 * np.sin(azimuth))
    axes.annotate("", xy=(x, y), xytext=origin, arrowprops={"arrowstyle": "->", "color": "#d55e00"})
    axes.set_aspect("equal")
    axes.legend(loc="upper left")
    figure.colorbar(points, label="risetime, ns")
    return figure


def traces(stations: pd.DataFrame, kept: pa.Table, station: Station) -> Figure:
    """Three traces of one shower: near the core, at its middle station, and far from it."""
    shower = kept["shower"].to_pandas().value_counts().idxmax()
    rows = np.flatnonzero(kept["shower"].to_numpy() == shower)
    signal = stations.loc[stations["shower"] == shower, "signal"].to_numpy()
    order = np.argsort(-signal)
    figure = Figure(figsize=(5, 4), layout="constrained")
    panels = figure.subplots(3, 1, sharex=True)
    for axes, place in zip(panels, (0, len(order) // 2, len(order) - 1), strict=True):
        trace = np.array(kept["trace"][int(rows[order[place]])].as_py()) * station.count
        axes.step(np.arange(len(trace)) * station.bin / 1000, trace, where="post", color=BLUE, linewidth=0.8)
        axes.set_title(f"{signal[order[place]]:.0f} VEM", loc="right", fontsize=9)
    panels[0].set_title("Traces of one shower", loc="left")
    panels[1].set_ylabel("VEM in a bin")
    panels[2].set_xlabel("time, µs")
    return figure


def plane(truth: pd.DataFrame, model: str) -> Figure:
    """True Xmax against lg of the muons, both scaled to 10^19 eV."""
    lg = np.log10(truth["energy"] / 1e19)
    figure, axes = new_figure(f"The truth of {model}, at 10$^{{19}}$ eV", "lg of the muons", "Xmax, g/cm²")
    names = truth["primary"].unique()
    for color, name in zip(COLORS(np.linspace(0.1, 1, len(names))), names, strict=True):
        of = truth["primary"] == name
        # The slopes in lg E of a mean primary.
        x, y = (truth["lg_muons"] - 0.94 * lg)[of], (truth["xmax"] - 57 * lg)[of]
        axes.scatter(x, y, s=4, alpha=0.5, color=[color], label=name)
    axes.legend(markerscale=3)
    return figure


def roc(predictions: pd.DataFrame, background: str, signal: str) -> Figure:
    """ROC curve of one class against another, down to a false positive rate of one in a thousand."""
    of = predictions[predictions["actual"].isin([background, signal])]
    score = of[f"p({signal})"] / (of[f"p({signal})"] + of[f"p({background})"])
    taken, kept, _ = roc_curve(of["actual"] == signal, score)
    names = f"share of {background} taken for {signal}", f"share of {signal} kept"
    figure, axes = new_figure(f"{signal} against {background}", *names)
    axes.plot(taken, kept, color=BLUE)
    chance = np.geomspace(1e-3, 1)
    axes.plot(chance, chance, color=GREY, linestyle=":", label="chance")
    axes.set(xscale="log", xlim=(1e-3, 1), ylim=(0, 1))
    axes.legend()
    return figure


def mass(predictions: pd.DataFrame, lg_energy: pd.Series, primaries: dict[str, float]) -> Figure:
    """Mean and spread of the estimated ln A against energy, one line per primary; true values are dotted."""
    names = class_names(predictions)
    estimated = predictions[[f"p({name})" for name in names]].to_numpy() @ np.log([primaries[name] for name in names])
    edges = np.quantile(lg_energy, np.linspace(0, 1, 6))
    bins = np.clip(np.searchsorted(edges, lg_energy, side="right") - 1, 0, 4)
    figure, axes = new_figure("Mean ln A of the test showers", "lg(E / eV), reconstructed", "estimated ln A")
    colors = COLORS(np.linspace(0.1, 1, len(primaries)))
    for color, (name, value) in zip(colors, primaries.items(), strict=True):
        axes.axhline(np.log(value), color=color, linestyle=":")
        groups = [estimated[(predictions["actual"] == name) & (bins == number)] for number in range(5)]
        middle = (edges[1:] + edges[:-1]) / 2
        means, spreads = [group.mean() for group in groups], [group.std() for group in groups]
        axes.errorbar(middle, means, spreads, fmt="o-", color=color, capsize=3, label=name, alpha=0.8)
    axes.legend()
    return figure


def confusion_by_energy(predictions: pd.DataFrame, lg_energy: pd.Series, names: list[str]) -> Figure:
    """Confusion of the primaries named, rows normalised, in three ranges of energy with the same number of showers."""
    edges = np.quantile(lg_energy, [0, 1 / 3, 2 / 3, 1])
    bins = np.clip(np.searchsorted(edges, lg_energy, side="right") - 1, 0, 2)
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    panels = figure.subplots(1, 3, sharey=True)
    for number, axes in enumerate(panels):
        of = predictions[bins == number]
        counts = pd.crosstab(of["actual"], of["predicted"]).reindex(index=names, columns=names, fill_value=0)
        shares = counts.div(counts.sum(axis=1), axis=0).to_numpy()
        image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for (row, column), share in np.ndenumerate(shares):
            axes.text(column, row, f"{share:.0%}", ha="center", va="center", color="white" if share > 0.6 else "black")
        axes.set_xticks(range(len(names)), names, rotation=30)
        axes.set_yticks(range(len(names)), names)
        axes.set_title(f"lg E {edges[number]:.1f} to {edges[number + 1]:.1f}", fontsize=10)
    panels[0].set_ylabel("actual")
    panels[1].set_xlabel("predicted")
    figure.colorbar(image, label="share of the actual primary")
    return figure
