"""Metrics: known values, and intervals with the stated coverage."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    brier_score_loss,
    f1_score,
    log_loss,
    mean_absolute_error,
    precision_recall_curve,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)

from {{ cookiecutter.module_name }}.common.config import Evaluation
from {{ cookiecutter.module_name }}.modeling.shared import intervals, metrics

USUAL = Evaluation(confidence=0.95, resamples=200)
HUNDRED = Evaluation(confidence=0.95, resamples=100)
FEW = Evaluation(confidence=0.95, resamples=20)
# Two of three negatives and one of two positives are right.
ACTUAL = np.array([0, 0, 0, 1, 1])
PREDICTED = np.array([[0.9, 0.1], [0.6, 0.4], [0.3, 0.7], [0.2, 0.8], [0.5, 0.5]])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("accuracy", 3 / 5),
        ("balanced_accuracy", (2 / 3 + 1 / 2) / 2),
        # Five of six pairs of a positive and a negative are in the right order.
        ("roc_auc", 5 / 6),
        ("log_loss", -np.log([0.9, 0.6, 0.3, 0.8, 0.5]).mean()),
        ("brier", np.square([0.1, 0.4, 0.7, 0.2, 0.5]).mean()),
        # Precision and recall of the classes: 2/3, 2/3; 1/2, 1/2.
        ("f1", (2 / 3 + 1 / 2) / 2),
        # The positives are the first and the third of the ranking.
        ("average_precision", (1 + 2 / 3) / 2),
        ("recall_at_precision_0.9", 1 / 2),
    ],
)
def test_classification(name: str, value: float) -> None:
    assert metrics.classification_metrics(2)[name](ACTUAL, PREDICTED) == pytest.approx(value)


@pytest.mark.parametrize(("name", "value"), [("rmse", (8 / 3) ** 0.5), ("mae", 4 / 3), ("r2", 1 - 8 / 14)])
def test_regression(name: str, value: float) -> None:
    # The mean is 3, so the squares around it add up to 4 + 1 + 9 = 14; the errors are 2, 0 and 2.
    actual, predicted = np.array([1.0, 2.0, 6.0]), np.array([-1.0, 2.0, 8.0])

    assert metrics.regression_metrics()[name](actual, predicted) == pytest.approx(value)


def test_several_classes() -> None:
    actual = np.array([0, 1, 2, 2])

    values = {name: metric(actual, np.eye(3)[actual]) for name, metric in metrics.metrics_for(("a", "b", "c")).items()}

    assert values == pytest.approx(dict.fromkeys(values, 1) | {"log_loss": 0, "brier": 0}, abs=1e-9)
    assert set(values) == {"accuracy", "balanced_accuracy", "roc_auc", "log_loss", "brier", "f1", "average_precision"}


@pytest.mark.parametrize(
    ("right", "rows", "low", "high"),
    [
        # R. G. Newcombe, Statistics in Medicine 17 (1998) 857, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_accuracy_has_the_published_wilson_interval(right: int, rows: int, low: float, high: float) -> None:
    actual = np.zeros(rows, dtype=np.int64)
    predicted = np.eye(2)[(np.arange(rows) >= right).astype(int)]

    interval = intervals.with_intervals(
        {"accuracy": metrics.classification_metrics(2)["accuracy"]}, actual, predicted, USUAL, seed=0
    )["accuracy"]

    assert interval["value"] == right / rows
    assert (interval["low"], interval["high"]) == pytest.approx((low, high), abs=5e-5)


def test_bootstrap_intervals_cover_the_truth_as_often_as_they_promise() -> None:
    # Errors of spread 2 around the truth: the expected absolute error is 2 * sqrt(2 / pi).
    rng, truth, covered = np.random.default_rng(5), 2 * np.sqrt(2 / np.pi), 0
    mae = {"mae": metrics.regression_metrics()["mae"]}
    for seed in range(100):
        errors = rng.normal(scale=2, size=150)
        interval = intervals.with_intervals(mae, np.zeros(150), errors, Evaluation(confidence=0.9, resamples=100), seed)
        covered += interval["mae"]["low"] <= truth <= interval["mae"]["high"]

    # Fewer than 80 or more than 98 of 100 tries at 90 % happen less than once in a thousand.
    assert 80 <= covered <= 98


def test_rows_of_a_group_are_drawn_together() -> None:
    # 60 groups of 5 equal rows hold the information of 60 rows.
    rng = np.random.default_rng(7)
    actual = rng.integers(2, size=60)
    predicted = np.eye(2)[np.where(rng.random(60) < 0.7, actual, 1 - actual)]
    named = {"accuracy": metrics.classification_metrics(2)["accuracy"]}

    def width(repeats: int, grouped: bool) -> float:
        rows = np.repeat(np.arange(60), repeats)
        groups = rows.astype(str) if grouped else None
        found = intervals.with_intervals(named, actual[rows], predicted[rows], USUAL, seed=0, groups=groups)["accuracy"]
        return found["high"] - found["low"]

    assert width(5, grouped=True) == pytest.approx(width(1, grouped=False), rel=0.15)
    assert width(5, grouped=False) < 0.55 * width(5, grouped=True)
    # Groups of one row are rows.
    assert width(1, grouped=True) == width(1, grouped=False)


def test_more_confidence_is_wider() -> None:
    rng = np.random.default_rng(6)
    actual, predicted = rng.normal(size=100), rng.normal(size=100)

    def width(confidence: float) -> float:
        evaluation = Evaluation(confidence=confidence, resamples=200)
        interval = intervals.with_intervals(metrics.regression_metrics(), actual, predicted, evaluation, seed=0)["rmse"]
        return interval["high"] - interval["low"]

    assert width(0.5) < width(0.9) < width(0.99)


def test_the_seed_decides_the_resamples() -> None:
    named = metrics.classification_metrics(2)

    first, again, other = (intervals.with_intervals(named, ACTUAL, PREDICTED, FEW, seed) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_threads_change_no_figure() -> None:
    named = metrics.classification_metrics(2)

    one, four = (intervals.with_intervals(named, ACTUAL, PREDICTED, FEW, 1, threads) for threads in (1, 4))

    assert one == four


def test_a_resample_without_a_class_is_drawn_again() -> None:
    # One positive in ten rows: a third of the plain resamples miss it, and the ROC curve is then undefined.
    actual = np.array([0] * 9 + [1])
    predicted = np.column_stack([np.linspace(1, 0, 10), np.linspace(0, 1, 10)])

    found = intervals.with_intervals(metrics.classification_metrics(2), actual, predicted, FEW, seed=0)

    assert all(np.isfinite(list(interval.values())).all() for interval in found.values())


def test_the_brier_score_is_that_of_scikit_learn() -> None:
    for actual, predicted in ((ACTUAL, PREDICTED), (np.array([0, 1, 2]), np.full((3, 3), 1 / 3))):
        brier = metrics.classification_metrics(predicted.shape[1])["brier"](actual, predicted)
        assert brier == pytest.approx(brier_score_loss(actual, predicted), rel=1e-12)


def test_metrics_are_those_of_scikit_learn_also_of_rows_that_count_several_times() -> None:
    rng = np.random.default_rng(4)
    counts = rng.integers(3, size=400)
    rows = np.repeat(np.arange(400), counts)
    for classes in (2, 4):
        actual, scores = rng.integers(classes, size=400), rng.random((400, classes)).round(1) + 0.01
        given = scores / scores.sum(axis=1, keepdims=True)
        drawn, shares = actual[rows], given[rows]
        expected = {
            "accuracy": accuracy_score(drawn, shares.argmax(axis=1)),
            "balanced_accuracy": balanced_accuracy_score(drawn, shares.argmax(axis=1)),
            "roc_auc": roc_auc_score(drawn, shares[:, 1] if classes == 2 else shares, multi_class="ovr"),
            "log_loss": log_loss(drawn, shares),
            "brier": brier_score_loss(drawn, shares),
            "f1": f1_score(drawn, shares.argmax(axis=1), average="macro"),
        }
        if classes == 2:
            expected["average_precision"] = average_precision_score(drawn, shares[:, 1])
            precision, recall, _ = precision_recall_curve(drawn, shares[:, 1])
            expected["recall_at_precision_0.9"] = recall[precision >= 0.9].max()
        else:
            expected["average_precision"] = average_precision_score(np.eye(classes)[drawn], shares, average="macro")
        for name, metric in metrics.classification_metrics(classes).items():
            assert metric.prepare(actual, given)(counts.astype(float)) == pytest.approx(expected[name], abs=1e-12), name
    actual, given = 1e6 + rng.normal(size=400), 1e6 + rng.normal(size=400)
    expected = {
        "rmse": root_mean_squared_error(actual[rows], given[rows]),
        "mae": mean_absolute_error(actual[rows], given[rows]),
        "r2": r2_score(actual[rows], given[rows]),
    }
    for name, metric in metrics.regression_metrics().items():
        assert metric.prepare(actual, given)(counts.astype(float)) == pytest.approx(expected[name], rel=1e-9), name


def test_rows_of_one_value_have_no_spread_to_explain() -> None:
    actual = np.array([0.0] * 59 + [1.0])
    found = intervals.with_intervals(metrics.regression_metrics(), actual, np.zeros(60), USUAL, seed=0)["r2"]

    assert np.isfinite(list(found.values())).all()
    assert metrics.regression_metrics()["r2"](np.full(9, 1e6), np.zeros(9)) == r2_score(np.full(9, 1e6), np.zeros(9))


def test_intervals_can_be_switched_off() -> None:
    off = Evaluation(confidence=0.95, resamples=0)

    for metric in intervals.with_intervals(metrics.classification_metrics(2), ACTUAL, PREDICTED, off, seed=0).values():
        assert metric["low"] == metric["value"] == metric["high"]


def test_intervals_over_blocks_of_time_are_as_wide_as_the_errors_are_alike() -> None:
    # An autoregression of order one: its mean varies (1 + r) / (1 - r) = 5.7 times as much as that of independent rows.
    rng, r, covered = np.random.default_rng(3), 0.7, {"blocks": 0, "rows": 0}
    mean = {"mean": metrics.mean_of(lambda actual, predicted: actual - predicted)}
    for seed in range(100):
        noise = rng.normal(size=600)
        errors = np.zeros(600)
        for row in range(1, 600):
            errors[row] = r * errors[row - 1] + noise[row]
        for kind, groups in (("blocks", intervals.blocks(np.arange(600))), ("rows", None)):
            found = intervals.with_intervals(mean, errors, np.zeros(600), HUNDRED, seed, groups=groups)
            covered[kind] += found["mean"]["low"] <= 0 <= found["mean"]["high"]

    assert covered["rows"] < 75 < covered["blocks"]


def test_the_interval_of_an_average_precision_of_few_rows_holds_it() -> None:
    # Of many classes with few rows, resamples have a larger one: a row that is drawn twice counts in its own precision.
    rng = np.random.default_rng(8)
    actual = np.repeat(np.arange(30), 8)
    scores = rng.random((240, 30)) + 0.5 * np.eye(30)[actual]
    named = {"average_precision": metrics.classification_metrics(30)["average_precision"]}

    found = intervals.with_intervals(named, actual, scores, USUAL, seed=0)["average_precision"]

    assert found["low"] < found["value"] < found["high"]
