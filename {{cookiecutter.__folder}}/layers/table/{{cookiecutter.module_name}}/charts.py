"""Figures for any problem. Each function returns one figure and writes nothing."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.calibration import calibration_curve
from sklearn.metrics import confusion_matrix, precision_recall_curve, roc_curve

BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#666666"
# Classes with a number in each cell of the confusion matrix, in the matrix at all, and with a curve of their own.
LEGIBLE, MANY, LINES = 12, 25, 8
# Classes up to which a matrix has the usual size and its cells the counts too.
SMALL = 5
# Features that are shown, the most important first, characters in a line of their names, and lines.
SHOWN, WIDE, HIGH = 15, 40, 3


def confusion(predictions: pd.DataFrame) -> Figure:
    """Confusion matrix, rows normalised to the actual class; each cell also shows its count."""
    classes = class_names(predictions)
    # Integer codes, because comparing a million names takes seconds.
    actual, predicted = (pd.Categorical(predictions[name], classes).codes for name in ("actual", "predicted"))
    counts = confusion_matrix(actual, predicted, labels=range(len(classes)))
    classes, counts = _few(classes, counts)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, axes = new_figure("Confusion of the test rows", "predicted class", "actual class")
    if len(classes) > SMALL:
        figure.set_size_inches(3 + 0.42 * len(classes), 2 + 0.42 * len(classes))
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares) if len(classes) <= LEGIBLE else ():
        color = "white" if share > 0.6 else "black"
        text = f"{share:.1%}\n{counts[row, column]}" if len(classes) <= SMALL else f"{share:.0%}"
        axes.text(column, row, text, ha="center", va="center", color=color, fontsize=9)
    axes.set_xticks(range(len(classes)), map(plain, classes), rotation=90 if len(classes) > 3 else 0)
    axes.set_yticks(range(len(classes)), map(plain, classes))
    figure.colorbar(image, label="share of the actual class")
    return figure


def _few(classes: list[str], counts: np.ndarray) -> tuple[list[str], np.ndarray]:
    """The most frequent classes, and the counts (classes, classes) with all others as one."""
    if len(classes) <= MANY:
        return classes, counts
    order = np.argsort(-counts.sum(axis=1), kind="stable")
    place = np.full(len(classes), MANY - 1)
    place[order[: MANY - 1]] = np.arange(MANY - 1)
    few = np.zeros((MANY, MANY), dtype=counts.dtype)
    np.add.at(few, (place[:, None], place[None, :]), counts)
    return [*(classes[code] for code in order[: MANY - 1]), f"{len(classes) - MANY + 1} others"], few


def plain(name: str) -> str:
    """A name as text for matplotlib, to which a $ begins a formula."""
    return name.replace("$", r"\$")


def calibration(predictions: pd.DataFrame) -> Figure:
    """Reliability curve: observed frequency of a class against its predicted probability, one curve per class.

    Each point holds a tenth of the rows, because outer bins of equal width would hold few rows.
    """
    figure, axes = new_figure("Calibration on the test rows", "predicted probability", "observed frequency")
    axes.plot([0, 1], [0, 1], color=GREY, linestyle=":", label="perfect")
    for name in _positive(predictions):
        came_true, predicted = predictions["actual"] == name, predictions[f"p({name})"]
        observed, given = calibration_curve(came_true, predicted, n_bins=10, strategy="quantile")
        axes.plot(given, observed, marker="o", label=plain(name))
    axes.legend()
    return figure


def roc(predictions: pd.DataFrame) -> Figure:
    """ROC curves, one per class against the rest."""
    figure, axes = new_figure("ROC on the test rows", "false positive rate", "true positive rate")
    axes.plot([0, 1], [0, 1], color=GREY, linestyle=":", label="chance")
    for name in _positive(predictions):
        false, true, _ = roc_curve(predictions["actual"] == name, predictions[f"p({name})"])
        axes.plot(false, true, label=plain(name))
    axes.legend()
    return figure


def precision_recall(predictions: pd.DataFrame) -> Figure:
    """Precision against recall, one curve per class against the rest, with the precision of chance."""
    figure, axes = new_figure("Precision and recall on the test rows", "recall", "precision")
    for number, name in enumerate(_positive(predictions)):
        of_class = predictions["actual"] == name
        precision, recall, _ = precision_recall_curve(of_class, predictions[f"p({name})"])
        axes.plot(recall, precision, label=plain(name), color=f"C{number}", drawstyle="steps-post")
        axes.axhline(of_class.mean(), color=f"C{number}", linestyle=":")
    axes.set(xlim=(0, 1.01), ylim=(0, 1.01))
    axes.legend()
    return figure


def target(parts: dict[str, pd.Series]) -> Figure:
    """How the target is distributed in each part: the share of each class, or a histogram."""
    some = next(iter(parts.values()))
    numeric = pd.api.types.is_numeric_dtype(some)
    figure, axes = new_figure("Target", str(some.name) if numeric else "share of the rows", "share of the rows")
    if numeric:
        edges = np.histogram_bin_edges(pd.concat(parts.values()), bins=20)
        for number, (name, values) in enumerate(parts.items()):
            shares = np.histogram(values, edges)[0] / len(values)
            axes.stairs(shares, edges, label=f"{name}, {len(values)} rows", color=f"C{number}")
        figure.legend(loc="outside lower center", ncols=len(parts), fontsize="small")
        return figure
    classes = list(some.value_counts().index[:MANY])
    figure.set_size_inches(5, max(3, 1.4 + 0.3 * len(classes)))
    places = np.arange(len(classes))
    for number, (name, values) in enumerate(parts.items()):
        share = values.value_counts(normalize=True).reindex(classes, fill_value=0)
        axes.barh(places + 0.27 * (number - 1), share, 0.25, label=f"{name}, {len(values)} rows")
    axes.set_yticks(places, [plain(str(name)) for name in classes])
    axes.set_ylabel("")
    axes.invert_yaxis()
    figure.legend(loc="outside lower center", ncols=len(parts), fontsize="small")
    return figure


def importances(found: dict[str, Any], title: str) -> Figure:
    """The rise of the loss if a feature is shuffled, for the most important ones; whiskers are the extremes."""
    ranked = sorted(found.items(), key=lambda item: -item[1]["value"])[:SHOWN]
    names = ["\n".join(textwrap.wrap(name, WIDE, max_lines=HIGH, placeholder="…")) for name, _ in ranked]
    lines = sum(name.count("\n") + 1.5 for name in names)
    figure = Figure(figsize=(6, 1.2 + 0.19 * lines), layout="constrained")
    axes = figure.subplots()
    for place, (_, rise) in enumerate(ranked):
        axes.plot([rise["low"], rise["high"]], [place, place], color=GREY)
        axes.plot([rise["value"]], [place], "o", color=BLUE)
    axes.set_yticks(range(len(ranked)), map(plain, names))
    axes.axvline(0, color=GREY, linestyle=":")
    axes.invert_yaxis()
    axes.set_xlabel("rise of the loss")
    figure.suptitle(title)
    return figure


def over_time(predictions: pd.DataFrame, time: str) -> Figure:
    """Actual and predicted values in the order of time, or the share of right answers in twenty stretches of it."""
    rows = predictions.sort_values(time, kind="stable")
    figure, axes = new_figure("Predictions over time", time, "")
    figure.set_size_inches(8, 3.5)
    if pd.api.types.is_numeric_dtype(rows["actual"]):
        axes.plot(rows[time], rows["actual"], color=GREY, linewidth=1, label="actual")
        axes.plot(rows[time], rows["predicted"], color=BLUE, linewidth=1, label="predicted")
        axes.legend()
    else:
        right = (rows["actual"] == rows["predicted"]).to_numpy()
        stretches = np.array_split(np.arange(len(rows)), min(20, len(rows)))
        middles = rows[time].iloc[[stretch[len(stretch) // 2] for stretch in stretches]]
        axes.plot(middles, [right[stretch].mean() for stretch in stretches], "o-", color=BLUE)
        axes.set(ylabel="share of right answers", ylim=(0, 1.02))
    axes.tick_params(axis="x", rotation=30)
    return figure


def residuals(predictions: pd.DataFrame) -> Figure:
    """Residuals, actual minus predicted, against the prediction, in the target's unit."""
    figure, axes = new_figure("Residuals of the test rows", "predicted", "actual − predicted")
    axes.axhline(0, color=GREY, linestyle=":")
    axes.scatter(
        predictions["predicted"], predictions["actual"] - predictions["predicted"], s=12, alpha=0.6, color=BLUE
    )
    return figure


def predicted_against_actual(predictions: pd.DataFrame) -> Figure:
    """Prediction against the actual value, in the target's unit."""
    figure, axes = new_figure("Predictions of the test rows", "actual", "predicted")
    ends = [predictions[["actual", "predicted"]].min().min(), predictions[["actual", "predicted"]].max().max()]
    axes.plot(ends, ends, color=GREY, linestyle=":", label="perfect")
    axes.scatter(predictions["actual"], predictions["predicted"], s=12, alpha=0.6, color=BLUE)
    axes.legend()
    return figure


def comparison(metrics: dict[str, dict[str, float]], baseline: dict[str, dict[str, float]]) -> Figure:
    """Each metric of the model beside the baseline's, with intervals, one panel per metric, five in a row."""
    columns, lines = min(5, len(metrics)), -(-len(metrics) // 5)
    figure = Figure(figsize=(2.2 * columns, 2.6 * lines), layout="constrained")
    panels = figure.subplots(lines, columns, squeeze=False).ravel()
    for axes in panels[len(metrics) :]:
        axes.set_axis_off()
    for axes, name in zip(panels, metrics, strict=False):
        for place, (label, color, values) in enumerate([("model", BLUE, metrics), ("baseline", ORANGE, baseline)]):
            metric = values[name]
            reach = [[metric["value"] - metric["low"]], [metric["high"] - metric["value"]]]
            axes.errorbar(
                [place], [metric["value"]], yerr=np.maximum(reach, 0), fmt="o", capsize=4, color=color, label=label
            )
        axes.set_xticks([0, 1], ["model", "baseline"])
        axes.set_xlim(-0.6, 1.6)
        axes.set_title(textwrap.fill(name.replace("_", " "), 18))
    return figure


def new_figure(title: str, x: str, y: str) -> tuple[Figure, Axes]:
    """An empty figure of the usual size, with its axes."""
    figure = Figure(figsize=(5, 4), layout="constrained")
    axes = figure.subplots()
    axes.set(title=title, xlabel=x, ylabel=y)
    return figure, axes


def class_names(predictions: pd.DataFrame) -> list[str]:
    """The classes, in the order of their probability columns."""
    return [name[2:-1] for name in predictions.columns if name.startswith("p(")]


def _positive(predictions: pd.DataFrame) -> list[str]:
    """The classes that get a curve: of two the second, whose mirror image is the first's; of many the most frequent."""
    classes = class_names(predictions)
    if len(classes) == 2:
        return classes[1:]
    counts = predictions["actual"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    return list(counts.index[:LINES])
