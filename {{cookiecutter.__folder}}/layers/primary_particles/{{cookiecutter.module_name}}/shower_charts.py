"""Figures of showers and their predictions. Each function returns one figure and writes nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
from matplotlib import colormaps
from matplotlib.figure import Figure
from sklearn.metrics import roc_auc_score, roc_curve

from .charts import BLUE, GREY, ORANGE, class_names, new_figure
from .common.likelihood import likelihood_ratio
from .common.simulation import Station
from .lateral import fit, lg_reach
from .simulation.array import distance

# From light to dark, so that the order of the primaries shows in grey too.
COLORS = colormaps["viridis_r"]


def shower(events: pd.DataFrame, stations: pd.DataFrame, positions: np.ndarray) -> Figure:
    """The shower with most stations, as seen by the array: signals as areas, silent stations, core and direction.

    `positions` are those of all stations in m, float64 (stations, 2).
    """
    event = events.iloc[int(events["multiplicity"].to_numpy().argmax())]
    seen = stations[stations["shower"] == event["shower"]]
    figure, axes = new_figure(
        f"A shower of lg(E / eV) = {np.log10(event['energy']):.1f}, zenith {event['zenith']:.0f}°", "x, km", "y, km"
    )
    axes.scatter(positions[:, 0] / 1000, positions[:, 1] / 1000, 6, color=GREY, label="silent")
    area = 40 * np.log10(1 + seen["signal"])
    points = axes.scatter(seen["x"] / 1000, seen["y"] / 1000, area, seen["risetime"], cmap="viridis")
    for signal in (10, 100, 1000):
        axes.scatter([], [], s=40 * np.log10(1 + signal), color=BLUE, label=f"{signal} VEM")
    x, y, azimuth = event["core_x"] / 1000, event["core_y"] / 1000, np.radians(event["azimuth"])
    axes.plot(x, y, "x", color="#d55e00", markersize=10, label="core")
    origin = (x + 2.5 * np.cos(azimuth), y + 2.5 * np.sin(azimuth))
    axes.annotate("", xy=(x, y), xytext=origin, arrowprops={"arrowstyle": "->", "color": "#d55e00"})
    axes.set_aspect("equal")
    figure.set_size_inches(6.5, 4.5)
    figure.legend(loc="outside lower center", ncols=5, frameon=False, fontsize=9)
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


def lateral(events: pd.DataFrame, stations: pd.DataFrame) -> Figure:
    """Signals of the shower with most stations against the distance to its axis, and the fitted distribution."""
    event = events.iloc[[int(events["multiplicity"].to_numpy().argmax())]]
    seen = stations[stations["shower"] == event["shower"].iloc[0]]
    angles = np.radians(event[["zenith", "azimuth"]].to_numpy().T)
    far = distance(seen[["x", "y"]].to_numpy(), event[["core_x", "core_y"]].to_numpy(), *angles)[0]
    signal, saturated = seen["signal"].to_numpy(dtype=np.float64), seen["saturated"].to_numpy(dtype=bool)
    # So many stations that the expected slope hardly counts.
    (lg_s1000,), (slope,) = fit(signal, far, saturated, np.array([0]), slope=-2.0, spread=1.0)
    figure, axes = new_figure("Lateral distribution of that shower", "distance to the axis, m", "signal, VEM")
    whole = ~saturated
    poisson = np.sqrt(signal[whole])
    axes.errorbar(far[whole], signal[whole], poisson, fmt="o", color=BLUE, label="stations, with Poisson errors")
    if saturated.any():
        axes.plot(far[saturated], signal[saturated], "^", color=ORANGE, label="saturated: a lower limit")
    reach = np.geomspace(far.min(), far.max(), 100)
    fitted = 10 ** (lg_s1000 + slope * lg_reach(reach))
    axes.plot(reach, fitted, color=GREY, label=f"S(1000) = {10**lg_s1000:.0f} VEM, slope {slope:.2f}")
    axes.set(xscale="log", yscale="log")
    axes.set_xticks([500, 1000, 2000, 5000], ["500", "1000", "2000", "5000"])
    axes.set_xticks([], minor=True)
    axes.legend()
    return figure


def multiplicity(truth: pd.DataFrame, events: pd.DataFrame, fewest: int) -> Figure:
    """Stations of a shower, and the share of showers with enough of them, against the true energy."""
    lg = np.log10(truth["energy"])
    stations = truth["shower"].map(events.set_index("shower")["multiplicity"]).fillna(0)
    bins = pd.qcut(lg, 8, labels=False)
    middle, low, mean, high = (
        lg.groupby(bins).mean(),
        *(stations.groupby(bins).quantile(share) for share in (0.16, 0.5, 0.84)),
    )
    figure, axes = new_figure("Stations of a shower", "lg(E / eV), true", "stations")
    axes.errorbar(middle, mean, [mean - low, high - mean], fmt="o-", capsize=3, color=BLUE, label="median, and 68 %")
    right = axes.twinx()
    right.plot(middle, (stations >= fewest).groupby(bins).mean(), color=ORANGE, label=f"share with {fewest} or more")
    right.set(ylim=(0, 1.05), ylabel="share of showers")
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    return figure


def efficiencies(predictions: pd.DataFrame, background: str, signal: str) -> Figure:
    """Shares of signal and background kept above a cut on the probability of the signal, and Q = e_S / sqrt(e_B)."""
    probability = predictions[f"p({signal})"].to_numpy()
    is_signal = (predictions["actual"] == signal).to_numpy()
    cuts = np.linspace(0, 1, 201)
    kinds = probability[is_signal], probability[~is_signal]
    kept, taken = (1 - np.searchsorted(np.sort(of), cuts) / len(of) for of in kinds)
    # Below ten rows of background the quotient is noise.
    quality = np.where(taken * (~is_signal).sum() >= 10, kept / np.sqrt(np.maximum(taken, 1e-9)), np.nan)
    figure, axes = new_figure("What a cut keeps", f"least p({signal})", "share kept")
    axes.plot(cuts, kept, color=BLUE, label=signal)
    axes.plot(cuts, taken, color=ORANGE, label=background)
    right = axes.twinx()
    right.plot(cuts, quality, color=GREY, linestyle="--", label="Q")
    right.set_ylabel("Q = ε$_S$ / √ε$_B$")
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    return figure


def plane(truth: pd.DataFrame, model: str) -> Figure:
    """True Xmax against lg of the muons, both scaled to 10^19 eV."""
    lg = np.log10(truth["energy"] / 1e19)
    labels = "lg N$_\\mu$ at ground", "X$_{max}$, g/cm²"
    figure, axes = new_figure(f"The truth of {model}, scaled to 10$^{{19}}$ eV", *labels)
    names = truth["primary"].unique()
    for color, name in zip(COLORS(np.linspace(0.1, 1, len(names))), names, strict=True):
        of = truth["primary"] == name
        # The slopes in lg E of a mean primary.
        x, y = (truth["lg_muons"] - 0.94 * lg)[of], (truth["xmax"] - 57 * lg)[of]
        axes.scatter(x, y, s=4, alpha=0.5, color=[color], label=name)
    axes.legend(markerscale=3)
    return figure


def roc(predictions: pd.DataFrame, background: str, signal: str, seed: int) -> Figure:
    """ROC curve of one class against another, by the likelihood ratio, from a false positive rate of 0.001 on.

    The band holds 99 % of 200 bootstrap resamples of the rows at each rate.
    """
    of = predictions[predictions["actual"].isin([background, signal])]
    is_signal = (of["actual"] == signal).to_numpy()
    ratio = likelihood_ratio(of[[f"p({background})", f"p({signal})"]].to_numpy(), 0, 1)
    grid, rng = np.geomspace(1e-3, 1, 200), np.random.default_rng(seed)

    def kept(rows: np.ndarray) -> np.ndarray:
        false, true, _ = roc_curve(is_signal[rows], ratio[rows])
        return np.asarray(np.interp(grid, false, true))

    low, high = np.quantile([kept(rng.integers(len(of), size=len(of))) for _ in range(200)], [0.005, 0.995], axis=0)
    names = f"share of {background} taken for {signal}", f"share of {signal} kept"
    figure, axes = new_figure(f"{signal} against {background}", *names)
    axes.plot(grid, kept(np.arange(len(of))), color=BLUE, label=f"AUC {roc_auc_score(is_signal, ratio):.3f}")
    axes.fill_between(grid, low, high, color=BLUE, alpha=0.2, linewidth=0, label="99 %, by the rows")
    axes.plot(grid, grid, color=GREY, linestyle=":", label="chance")
    axes.set(xscale="log", xlim=(1e-3, 1), ylim=(0, 1))
    axes.legend()
    return figure


def mass(predictions: pd.DataFrame, lg_energy: pd.Series, primaries: dict[str, float]) -> Figure:
    """Estimated ln A against energy, one line per primary; true values are dotted.

    Bars are the standard deviation of the showers, not the error of their mean.
    """
    names = class_names(predictions)
    estimated = predictions[[f"p({name})" for name in names]].to_numpy() @ np.log([primaries[name] for name in names])
    edges = np.quantile(lg_energy, np.linspace(0, 1, 6))
    bins = np.clip(np.searchsorted(edges, lg_energy, side="right") - 1, 0, 4)
    labels = "lg(E / eV), reconstructed", "estimated ln A, mean and spread of showers"
    figure, axes = new_figure("ln A of the test showers", *labels)
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
