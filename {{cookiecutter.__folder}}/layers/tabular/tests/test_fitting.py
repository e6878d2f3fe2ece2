"""Weights, cross-validation and encodings: what scikit-learn gives by hand, and nothing from rows outside training."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hydra import compose, initialize_config_dir
from sklearn import metrics as by_hand
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, StratifiedKFold, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import TargetEncoder
from xgboost import XGBClassifier

from {{ cookiecutter.module_name }}.common.config import Config, load
from {{ cookiecutter.module_name }}.common.paths import CONFIGS
from {{ cookiecutter.module_name }}.modeling.shared.estimators import chosen
from {{ cookiecutter.module_name }}.modeling.shared.fitting import fit, metrics_of, scored
from {{ cookiecutter.module_name }}.modeling.shared.folds import cross_validated
from {{ cookiecutter.module_name }}.modeling.shared.intervals import with_intervals
from {{ cookiecutter.module_name }}.modeling.shared.metrics import Metric, of_rows
from {{ cookiecutter.module_name }}.modeling.shared.preprocess import encode_target, preprocessing
from {{ cookiecutter.module_name }}.modeling.shared.store import Fitted

TRAIN, VALIDATION, TEST = slice(0, 200), slice(200, 250), slice(250, 300)


@pytest.fixture
def rows(table: pd.DataFrame) -> pd.DataFrame:
    """The table with a weight of each row."""
    return table.assign(counts=np.random.default_rng(3).gamma(2, size=len(table)))


def configured(*choices: str) -> Config:
    """The project's configuration for the table of these tests."""
    known = ["data=breast_cancer", "features=default", "split=random", "experiment=none"]
    known += ["data.target=y", "data.columns={}"]
    with initialize_config_dir(CONFIGS, version_base="1.3"):
        return load(compose("config", [*known, "evaluation.confidence=0.95", "evaluation.resamples=50", *choices]))


def fitted(rows: pd.DataFrame, *choices: str) -> Fitted:
    return fit(rows.iloc[TRAIN], rows.iloc[VALIDATION], configured(*choices))


def inputs(model: Fitted, rows: pd.DataFrame) -> Any:
    return model.preprocess.transform(rows[model.features])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("logistic", LogisticRegression),
        ("random_forest", RandomForestClassifier),
        ("hist_gradient_boosting", HistGradientBoostingClassifier),
    ],
)
def test_balanced_classes_are_those_of_scikit_learn(name: str, kind: Any, table: pd.DataFrame) -> None:
    model = fitted(table, f"model={name}", "class_weights=balanced")
    train, test = table.iloc[TRAIN], table.iloc[TEST]
    other = kind(**model.estimator.get_params() | {"class_weight": "balanced"})
    other.fit(inputs(model, train), encode_target(train["y"], model.problem.classes))

    expected = other.predict_proba(inputs(model, test))
    np.testing.assert_allclose(model.predict(test), expected, rtol=0, atol=1e-9)
    alike = fitted(table, f"model={name}")
    assert model.predict(test)[:, 1].mean() > alike.predict(test)[:, 1].mean() + 0.02


def test_weights_reach_the_boosted_trees_and_the_rows_that_stop_them(rows: pd.DataFrame) -> None:
    model = fitted(rows, "model=xgboost", "data.weight=counts", "class_weights=balanced")
    classes, parts = model.problem.classes, [rows.iloc[TRAIN], rows.iloc[VALIDATION]]
    actual = [encode_target(part["y"], classes) for part in parts]
    counted = [part["counts"].to_numpy() for part in parts]
    sums = np.bincount(actual[0], weights=counted[0])
    weights = [count * (sums.sum() / 2 / sums)[codes] for count, codes in zip(counted, actual, strict=True)]
    other = XGBClassifier(**model.estimator.get_params()).fit(
        inputs(model, parts[0]),
        actual[0],
        sample_weight=weights[0],
        eval_set=[(inputs(model, parts[1]), actual[1])],
        sample_weight_eval_set=[weights[1]],
        verbose=False,
    )

    assert model.estimator.best_iteration == other.best_iteration
    expected = other.predict_proba(inputs(model, rows.iloc[TEST]))
    np.testing.assert_allclose(model.predict(rows.iloc[TEST]), expected, rtol=0, atol=1e-6)


def test_weights_count_in_training_and_in_every_metric(rows: pd.DataFrame) -> None:
    config = configured("model=logistic", "data.weight=counts")
    model = fit(rows.iloc[TRAIN], rows.iloc[VALIDATION], config)
    train, test = rows.iloc[TRAIN], rows.iloc[TEST]
    other = LogisticRegression(max_iter=1000)
    other.fit(inputs(model, train), train["y"] == "yes", sample_weight=train["counts"])
    assert "counts" not in model.features
    predicted = other.predict_proba(inputs(model, test))
    np.testing.assert_allclose(model.predict(test), predicted, rtol=0, atol=1e-9)
    share = np.average(train["y"] == "yes", weights=train["counts"])
    np.testing.assert_allclose(model.predict_baseline(test)[:, 1], share, rtol=0, atol=1e-9)

    actual, weights = (test["y"] == "yes").to_numpy(), test["counts"].to_numpy()
    said, chance = predicted.argmax(axis=1), predicted[:, 1]
    expected = {
        "accuracy": by_hand.accuracy_score(actual, said, sample_weight=weights),
        "roc_auc": by_hand.roc_auc_score(actual, chance, sample_weight=weights),
        "log_loss": by_hand.log_loss(actual, predicted, sample_weight=weights),
        "brier": by_hand.brier_score_loss(actual, chance, sample_weight=weights),
        "f1": by_hand.f1_score(actual, said, sample_weight=weights, average="macro"),
        "balanced_accuracy": by_hand.balanced_accuracy_score(actual, said, sample_weight=weights),
        "average_precision": by_hand.average_precision_score(actual, chance, sample_weight=weights),
    }
    found = scored(model, test, config)
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=0, abs=1e-9)
    metrics, codes = metrics_of(config.data, model.problem.classes), encode_target(test["y"], model.problem.classes)
    ranges = with_intervals(metrics, codes, model.predict(test), config.evaluation, seed=1, weights=weights)
    assert {name: interval["value"] for name, interval in ranges.items()} == found
    assert all(interval["low"] < interval["high"] for interval in ranges.values())


@pytest.mark.parametrize(
    ("values", "said"), [(-1.0, "50 rows have none"), (np.nan, "50 rows have none"), (0.0, "all are zero")]
)
def test_weights_that_cannot_be_used(values: float, said: str, rows: pd.DataFrame) -> None:
    rows.loc[rows.index[slice(100, 150) if values else slice(None)], "counts"] = values

    with pytest.raises(ValueError, match=f"data.weight: 'counts' must hold numbers from zero up, of which {said}"):
        fitted(rows, "model=logistic", "data.weight=counts")


def test_a_metric_of_whole_rows_cannot_weigh_them() -> None:
    metric: Metric = of_rows(lambda actual, predicted: float((actual == predicted).mean()))
    with pytest.raises(ValueError, match=r"data\.weight: a metric made with of_rows cannot weigh rows: mean_of can"):
        metric(np.zeros(3), np.zeros(3), np.ones(3))


def test_a_model_that_cannot_weigh_rows_says_so(table: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(chosen(configured("model=logistic"))), "weighted", False)

    with pytest.raises(ValueError, match="the model logistic cannot weigh rows: set class_weights: none"):
        fitted(table, "model=logistic", "class_weights=balanced")


def test_a_regression_has_no_class_weights(number_table: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="class_weights: a regression has no classes"):
        fitted(number_table, "model=ridge", "data.task=regression", "class_weights=balanced")


@pytest.mark.parametrize(
    ("choices", "role", "splitter"),
    [
        (["split=stratified"], None, StratifiedKFold(5, shuffle=True, random_state=42)),
        (["data.group=patient", "split=grouped"], "patient", GroupKFold(5, shuffle=True, random_state=42)),
        (["data.time=day", "split=time"], "day", TimeSeriesSplit(5)),
    ],
    ids=["stratified", "grouped", "by time"],
)
def test_cross_validation_is_that_of_scikit_learn(
    choices: list[str], role: str | None, splitter: Any, table: pd.DataFrame
) -> None:
    days = pd.Timestamp("2026-01-01") + pd.to_timedelta(np.random.default_rng(3).permutation(300), unit="D")
    roles = {"patient": np.arange(300) // 4, "day": days}
    rows = table.assign(**{role: roles[role]} if role else {})
    train, config = rows.iloc[TRAIN], configured("model=logistic", "evaluation.folds=5", *choices)
    found = cross_validated(train, rows.iloc[VALIDATION], config)

    ordered = train.sort_values("day") if role == "day" else train
    features, groups = ordered[["level", "width", "color"]], ordered["patient"] if role == "patient" else None
    problem = fitted(rows, "model=logistic", *choices).problem
    model = make_pipeline(preprocessing(features, True, config.encoding, problem), LogisticRegression(max_iter=1000))
    for name, scoring, sign in (("log_loss", "neg_log_loss", -1), ("roc_auc", "roc_auc", 1)):
        known = {"groups": groups, "cv": splitter, "scoring": scoring}
        expected = sign * cross_val_score(model, features, ordered["y"] == "yes", **known)
        mean = found["metrics"][name]
        np.testing.assert_allclose([fold["metrics"][name] for fold in found["folds"]], expected, rtol=0, atol=1e-9)
        assert mean["value"] == pytest.approx(expected.mean(), abs=1e-9)
        assert mean["low"] < mean["value"] < mean["high"]


def test_folds_that_cannot_be_made(table: pd.DataFrame) -> None:
    rare = table[["level", "y"]].copy()
    rare.loc[rare.index[:200], "y"] = np.where(np.arange(200) < 3, "yes", "no")

    with pytest.raises(ValueError, match=r"evaluation.folds: fold \d would have no row of class 'yes': fewer folds"):
        cross_validated(rare.iloc[TRAIN], rare.iloc[VALIDATION], configured("model=logistic", "evaluation.folds=5"))
    with pytest.raises(ValueError, match=r"evaluation\.folds: .*n_splits=500 greater than the number of samples"):
        cross_validated(rare.iloc[TRAIN], rare.iloc[VALIDATION], configured("split=random", "evaluation.folds=500"))
    with pytest.raises(ValueError, match="folds: cross-validation needs at least 2"):
        configured("evaluation.folds=1")


@pytest.fixture
def written() -> pd.DataFrame:
    """300 rows with a sentence, of whose words one tells the class, and one of 100 places, which say nothing."""
    rng = np.random.default_rng(4)
    yes = rng.random(300) < 0.4
    words = np.array(["leche", "pan", "queso", "vino", "aceite"])[rng.integers(5, size=(300, 4))]
    text = [" ".join(line) + (" caro" if high else "") for line, high in zip(words, yes, strict=True)]
    places = pd.Series(rng.integers(100, size=300)).map("place {}".format)
    return pd.DataFrame({"note": text, "place": places, "y": np.where(yes, "yes", "no")}).astype("str")


ENCODED = ["model=logistic", "+data.columns.note={type: text}", "encoding.beyond=target", "encoding.categories=50"]


def test_words_and_places_are_encoded_as_by_scikit_learn(written: pd.DataFrame) -> None:
    model = fitted(written, *ENCODED)
    train, test = written.iloc[TRAIN], written.iloc[TEST]

    by_words = TfidfVectorizer(dtype=np.float32).fit(train["note"])
    found = inputs(model, test)
    np.testing.assert_allclose(found[:, 1:], by_words.transform(test["note"]).toarray(), rtol=0, atol=1e-9)
    means = TargetEncoder(target_type="binary").fit(train[["place"]], train["y"] == "yes")
    # The same but for mean and spread, because a logistic regression takes standardised numbers.
    correlation = np.corrcoef(found[:, 0], means.transform(test[["place"]])[:, 0])[0, 1]
    assert correlation == pytest.approx(1, abs=1e-9)
    assert scored(model, test, configured(*ENCODED))["roc_auc"] > 0.95


def test_nothing_is_learnt_from_rows_outside_training(written: pd.DataFrame) -> None:
    other = written.copy()
    other.loc[other.index[200:], ["note", "place", "y"]] = ["unheard words", "elsewhere", "yes"]
    before, after = (fitted(rows, *ENCODED) for rows in (written, other))

    np.testing.assert_array_equal(inputs(before, written), inputs(after, written))
    np.testing.assert_array_equal(before.predict(written), after.predict(written))


def test_the_target_of_a_row_is_not_in_its_own_encoding(written: pd.DataFrame) -> None:
    # Two rows of each place, in training and later: where it says nothing, a mean over both of them seems to say much.
    rows = written[["y"]].assign(place=[f"place {row % 200 // 2}" for row in range(300)])
    model = fitted(rows, "model=logistic", *ENCODED[2:])

    assert model.predict(rows)[:, 1].std() < 0.1


def test_a_group_is_not_in_its_own_encoding() -> None:
    # Four rows of each patient, of one class and in a place of their own, beside a number that tells the class of all.
    rng, patient = np.random.default_rng(5), np.arange(600) // 4
    yes = rng.random(150)[patient] < 0.5
    place = [f"place {one}" for one in patient]
    rows = pd.DataFrame({"place": place, "level": rng.normal(size=600) + 2 * yes, "y": np.where(yes, "yes", "no")})
    choices = ["data.group=patient", "split=grouped", "encoding.beyond=target", "encoding.categories=9"]
    config = configured("model=hist_gradient_boosting", *choices)
    rows = rows.astype({"place": "str", "y": "str"}).assign(patient=patient)
    model = fit(rows.iloc[:400], rows.iloc[400:500], config)

    # A model that takes the place for the class does not look at the number.
    assert scored(model, rows.iloc[500:], config)["roc_auc"] > 0.8
    # The positions of the rows are not kept with it.
    assert model.preprocess.named_transformers_["means"].cv == 5


def test_weights_of_any_size_give_the_same_metrics(rows: pd.DataFrame) -> None:
    config = configured("model=logistic", "data.weight=counts")
    model, test = fitted(rows, "model=logistic", "data.weight=counts"), rows.iloc[TEST]
    small = test.assign(counts=test["counts"] / 1000)

    assert scored(model, small, config) == pytest.approx(scored(model, test, config), abs=1e-9)


def test_intervals_stay_where_a_metric_can_be(table: pd.DataFrame) -> None:
    easy = table.assign(level=(table["y"] == "yes") * 4.0 + table["level"])
    config = configured("model=logistic", "evaluation.folds=2")
    found = cross_validated(easy.iloc[TRAIN], easy.iloc[VALIDATION], config)["metrics"]

    assert all(0 <= metric["low"] <= metric["value"] <= metric["high"] for metric in found.values())
    assert all(found[name]["high"] <= 1 for name in ("accuracy", "roc_auc", "f1", "average_precision"))


def test_rows_without_a_group_are_one(table: pd.DataFrame) -> None:
    patient = pd.Series(np.arange(300) // 4).astype("str").where(np.arange(300) > 40)
    config = configured("model=logistic", "data.group=patient", "split=grouped", "evaluation.folds=3")
    found = cross_validated(table.assign(patient=patient).iloc[TRAIN], table.iloc[VALIDATION], config)

    assert max(fold["scored"] for fold in found["folds"]) >= 41


def test_a_text_without_words_is_named(written: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="column 'note' has no word in the training rows: give it the type category"):
        fitted(written.assign(note="a 1"), *ENCODED)


def test_a_class_that_weighs_nothing_is_refused(rows: pd.DataFrame) -> None:
    rows.loc[rows["y"] == "yes", "counts"] = 0.0
    with pytest.raises(ValueError, match="class_weights: the training rows of a class weigh nothing"):
        fitted(rows, "model=logistic", "data.weight=counts", "class_weights=balanced")
