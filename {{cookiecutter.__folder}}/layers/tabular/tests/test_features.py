"""Features: every column without a role, dates as numbers, no target and no id."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from {{ cookiecutter.module_name }} import features as module
from {{ cookiecutter.module_name }}.common.config import Given
from {{ cookiecutter.module_name }}.common.rows import Features
from {{ cookiecutter.module_name }}.common.table import Data
from {{ cookiecutter.module_name }}.features import build_features, needed, without_marks

Settings = Callable[..., Data]
NOTHING = Features(drop=[], date_parts=[])
DAYS = pd.date_range("2024-01-01", periods=300)
Own = Callable[[Callable[[pd.DataFrame], dict[str, pd.Series]]], None]


@pytest.fixture(autouse=True)
def own(monkeypatch: pytest.MonkeyPatch) -> Own:
    """Set a function in the place of own_features, whose columns these tables do not have; at first one without any."""

    def use(function: Callable[[pd.DataFrame], dict[str, pd.Series]]) -> None:
        monkeypatch.setattr(module, "own_features", function)

    use(lambda rows: {})
    return use


def test_columns_with_a_role_are_no_features(table: pd.DataFrame, settings: Settings) -> None:
    table = table.assign(patient=range(300), ward="a", visit=pd.Timestamp("2024-01-01"))
    data = settings(id="patient", group="ward", time="visit")

    features = build_features(table, data, Features(drop=[], date_parts=["month"]))

    assert list(features.columns) == ["level", "width", "color"]


def test_values_and_rows_stay_as_they_are(table: pd.DataFrame, settings: Settings) -> None:
    part = table.iloc[100:150]

    features = build_features(part, settings(), NOTHING)

    pd.testing.assert_frame_equal(features, part[["level", "width", "color"]])


def test_a_dropped_column_is_gone(table: pd.DataFrame, settings: Settings) -> None:
    features = build_features(table, settings(), Features(drop=["width"], date_parts=[]))

    assert list(features.columns) == ["level", "color"]


def test_a_mistyped_column_to_drop_names_the_nearest(table: pd.DataFrame, settings: Settings) -> None:
    with pytest.raises(ValueError, match=r"features\.drop.*no column 'widht'; did you mean 'width'\?"):
        build_features(table, settings(), Features(drop=["widht"], date_parts=[]))


def test_a_column_that_marks_the_test_rows_is_no_feature(table: pd.DataFrame, settings: Settings) -> None:
    given = Given(kind="given", column="color", test=["red"], validation=0.2)

    assert without_marks(NOTHING, given, table, settings()).drop == ["color"]
    assert without_marks(NOTHING, given, table, settings(id="color")).drop == []
    assert without_marks(NOTHING, given, table.drop(columns="color"), settings()).drop == []


def test_a_date_becomes_its_parts(settings: Settings) -> None:
    days = pd.to_datetime(["2024-01-01", "2024-12-31"])  # a Monday, and the Tuesday that ends a leap year
    table = pd.DataFrame({"day": days, "y": ["no", "yes"]})

    features = build_features(table, settings(), Features(drop=[], date_parts=["month", "dayofweek", "dayofyear"]))

    assert features.to_dict("list") == {"day month": [1, 12], "day dayofweek": [0, 1], "day dayofyear": [1, 366]}
    assert set(map(str, features.dtypes)) == {"float64"}


def test_a_missing_date_has_missing_parts(settings: Settings) -> None:
    table = pd.DataFrame({"day": pd.to_datetime(["2024-03-01", None]), "y": ["no", "yes"]})

    features = build_features(table, settings(), Features(drop=[], date_parts=["month"]))

    assert features["day month"].isna().tolist() == [False, True]


def test_no_feature_left_is_refused(table: pd.DataFrame, settings: Settings) -> None:
    with pytest.raises(ValueError, match="no feature is left"):
        build_features(table, settings(), Features(drop=["level", "width", "color"], date_parts=[]))


def test_the_time_column_orders_and_gives_features(table: pd.DataFrame, settings: Settings) -> None:
    table = table.assign(when=DAYS)[["when", "y"]]
    with pytest.raises(ValueError, match=r"no feature is left; set features\.time_parts"):
        build_features(table, settings(time="when"), NOTHING)

    features = build_features(table, settings(time="when"), Features(drop=[], date_parts=[], time_parts=["dayofweek"]))

    assert features["when dayofweek"].tolist() == [day.dayofweek for day in DAYS]


def test_values_of_earlier_rows(number_table: pd.DataFrame, settings: Settings) -> None:
    table = number_table.assign(when=DAYS[::-1], site=["a", "b"] * 150)
    lags = Features(drop=[], date_parts=[], lags={"y": [1, 2]})

    features = build_features(table, settings(task="regression", time="when"), lags)
    grouped = build_features(table, settings(task="regression", time="when", group="site"), lags)

    # The last row is the oldest one.
    assert features["y 1 before"].iloc[:-1].tolist() == table["y"].iloc[1:].tolist()
    assert features["y 2 before"].isna().tolist() == [False] * 298 + [True] * 2
    assert grouped["y 1 before"].iloc[:-2].tolist() == table["y"].iloc[2:].tolist()


def test_lags_need_an_order_and_a_number(table: pd.DataFrame, settings: Settings) -> None:
    with pytest.raises(ValueError, match=r"earlier rows need an order: set data\.time"):
        build_features(table, settings(), Features(drop=[], date_parts=[], lags={"level": [1]}))
    with pytest.raises(ValueError, match="the data have no number 'color'"):
        build_features(
            table.assign(when=DAYS), settings(time="when"), Features(drop=[], date_parts=[], lags={"color": [1]})
        )


def test_own_features_are_made_of_columns_that_are_none_themselves(
    own: Own, table: pd.DataFrame, settings: Settings
) -> None:
    own(lambda rows: {"twice": 2 * rows["level"], "ratio": rows["width"] / 0, "wide": rows["width"] > 0})
    dropped = Features(drop=["level"], date_parts=[])

    features = build_features(table, settings(), dropped)

    assert list(features.columns) == ["width", "color", "twice", "ratio", "wide"]
    assert features["ratio"].isna().all() and set(features["wide"]) == {0.0, 1.0}
    assert needed(table, settings(), dropped) == ["width", "color", "level"]
    assert needed(table, settings(id="color"), NOTHING) == ["level", "width"]


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda rows: {"a": rows["y"] == "yes"}, "no column 'y' to make features from; it is the target"),
        (lambda rows: {"a": rows["levle"]}, "no column 'levle' to make features from; did you mean 'level'"),
        (lambda rows: {"a": 1}, "'a' must be a column made from the rows"),
        (lambda rows: {"a": pd.Series(DAYS, rows.index)}, "'a' holds datetime64"),
        (lambda rows: {"width": rows["level"]}, "there is a column 'width' already"),
    ],
    ids=["the target", "mistyped", "a number", "dates", "a name twice"],
)
def test_own_features_that_cannot_be_made(
    own: Own, table: pd.DataFrame, settings: Settings, function: Callable[..., dict[str, pd.Series]], said: str
) -> None:
    own(function)

    with pytest.raises(ValueError, match=f"own_features: .*{said}"):
        build_features(table, settings(), NOTHING)
