"""Contributions of features: right where they are known by hand."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from {{ cookiecutter.module_name }}.common.config import Encoding
from {{ cookiecutter.module_name }}.common.problem import Problem
from {{ cookiecutter.module_name }}.modeling.shared.estimators import ModelSettings, linear_contributions
from {{ cookiecutter.module_name }}.modeling.shared.explain import explained, grouped, typical
from {{ cookiecutter.module_name }}.modeling.shared.preprocess import preprocessing
from {{ cookiecutter.module_name }}.modeling.shared.store import Fitted

REGRESSION = Problem("regression", (), 0, 1)


class Values:
    """A preprocessing that leaves numbers as they are."""

    def transform(self, table: pd.DataFrame) -> np.ndarray:
        return table.to_numpy(dtype=float)


class Formula:
    """A regression by a formula of the columns."""

    def __init__(self, formula: Any) -> None:
        self.formula = formula

    def predict(self, inputs: np.ndarray) -> Any:
        return self.formula(*inputs.T)


def by_formula(table: pd.DataFrame, formula: Any) -> Fitted:
    settings = ModelSettings(name="formula")
    return Fitted(settings, REGRESSION, list(table.columns), Values(), Formula(formula), None, typical(table))


def test_what_adds_up_and_what_is_multiplied_is_shared_out_as_by_hand() -> None:
    table = pd.DataFrame({"a": [-1.0, 0.0, 1.0], "b": [-2.0, 0.0, 2.0], "c": [0.0, 0.0, 0.0]})
    rows = pd.DataFrame({"a": [3.0, 1.0], "b": [5.0, 0.0], "c": [7.0, 2.0]})

    added = explained(by_formula(table, lambda a, b, c: 10 + a + 2 * b), rows)
    multiplied = explained(by_formula(table, lambda a, b, c: a * b), rows)

    assert added.of == ["predicted", "predicted"]
    np.testing.assert_allclose(added.base, [10, 10])
    np.testing.assert_allclose(added.contributions, [[3, 10, 0], [1, 0, 0]])
    np.testing.assert_allclose(multiplied.contributions, [[7.5, 7.5, 0], [0, 0, 0]])


def test_a_typical_row_is_of_medians_and_most_frequent_values() -> None:
    table = pd.DataFrame({"x": [1.0, np.nan, 3.0, 9.0], "none": [np.nan] * 4})
    table["color"] = pd.Series(["red", "blue", "red", None], dtype="str")

    assert typical(table) == {"x": 3.0, "none": None, "color": "red"}


def test_many_features_are_told_together_by_name() -> None:
    names = ["energy", *(f"bin {number}" for number in range(300))]

    assert {name: len(members) for name, members in grouped(names).items()} == {"energy": 1, "bin": 300}
    assert grouped(["bin 0", "bin 1"]) == {"bin 0": ["bin 0"], "bin 1": ["bin 1"]}


class Linear(ModelSettings):
    """scikit-learn's Ridge."""

    scaled: ClassVar[bool] = True

    def contributions(self, estimator: Any, inputs: Any) -> np.ndarray:
        return linear_contributions(estimator, inputs)


@pytest.mark.parametrize("beyond", ["frequent", "target"])
@pytest.mark.filterwarnings("ignore:Skipping features without any observed values")
def test_inputs_are_summed_to_the_features_that_they_come_from(beyond: Any) -> None:
    draw = np.random.default_rng(0)
    table = pd.DataFrame({"x": draw.normal(size=200), "none": np.full(200, np.nan)})
    table["many"] = pd.Series(draw.choice(list("abcdefgh"), 200), dtype="str")
    table["two"] = pd.Series(draw.choice(["u", "v"], 200), dtype="str")
    table["note"] = pd.Series(draw.choice(["good day", "bad day", "night"], 200), dtype="str")
    target = table["x"] + table["many"].map(ord) + 5 * (table["two"] == "u") + 3 * (table["note"] == "night")
    encoding = Encoding(categories=4, beyond=beyond, words=10)
    preprocess = preprocessing(table, True, encoding, REGRESSION, ["note"])
    np.random.seed(0)  # noqa: NPY002 - scikit-learn's encoder divides the rows by it.
    model = Ridge(alpha=1e-6).fit(preprocess.fit_transform(table, target), target)
    fitted = Fitted(Linear(name="linear"), REGRESSION, list(table), preprocess, model, None, typical(table))
    usual = pd.DataFrame([fitted.typical]).astype({"none": float})
    row = usual.assign(two="v" if fitted.typical["two"] == "u" else "u", note="night")

    told = explained(fitted, pd.concat([usual, row], ignore_index=True))

    np.testing.assert_allclose(told.contributions[0], 0, atol=1e-9)
    found = dict(zip(told.names, told.contributions[1], strict=True))
    assert found["two"] == pytest.approx(5 if row["two"][0] == "u" else -5, abs=0.3)
    assert abs(found["note"]) > 1 and found["x"] == found["none"] == found["many"] == 0
    both = fitted.predict(pd.concat([usual, row], ignore_index=True))
    np.testing.assert_allclose(told.base + told.contributions.sum(axis=1), both)
