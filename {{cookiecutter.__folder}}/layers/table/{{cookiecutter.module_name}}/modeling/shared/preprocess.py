"""From a table of features to the input of an estimator, fitted on training rows only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler, TargetEncoder

from ...common.config import Encoding
from ...common.problem import Problem

# Parts of the training rows: in each, categories become means of the target over the other parts.
PARTS = 5
# As TfidfVectorizer takes words from a text.
WORD = r"\b\w\w+\b"


def preprocessing(
    features: pd.DataFrame, scaled: bool, encoding: Encoding, problem: Problem, texts: Sequence[str] = ()
) -> ColumnTransformer:
    """The transformer of a table of features into a matrix, float (rows, inputs), to be fitted on training rows.

    Numbers stay unchanged or are imputed and standardised. Categories become a column each; those of a column with too
    many of them share one, or become means of the target. Of texts each frequent word becomes a column, TF-IDF (K.
    Sparck Jones, J. Doc. 28 (1972) 11).

    Args:
        features: the training rows; of categories their number is looked at.
        scaled: whether the model needs numbers that are complete and of one scale.
        encoding: how categories and words become numbers.
        problem: the task.
        texts: names of the columns of words.

    Raises:
        ValueError: a column of words has none.
    """
    words = [name for name in features.columns if name in texts]
    for name in words:
        if not features[name].str.contains(WORD).any():
            raise ValueError(f"column {name!r} has no word in the training rows: give it the type category, or drop it")
    numbers = [name for name in features.columns if pd.api.types.is_numeric_dtype(features[name])]
    categories = [name for name in features.columns if name not in (*numbers, *words)]
    beyond = [name for name in categories if features[name].nunique() > encoding.categories]
    many = beyond if encoding.beyond == "target" else []
    scale: Pipeline | str = make_pipeline(SimpleImputer(), StandardScaler()) if scaled else "passthrough"
    # A category without training rows becomes zeros, not an error. Categories beyond the most frequent become one,
    # so that a column of names does not become one column per row.
    encode = OneHotEncoder(
        handle_unknown="ignore", max_categories=encoding.categories, sparse_output=False, dtype=np.float32
    )
    steps = [
        ("numbers", scale, numbers),
        ("categories", encode, [name for name in categories if name not in many]),
        ("means", _means(problem, scaled), many),
        *((f"words of {name}", TfidfVectorizer(max_features=encoding.words, dtype=np.float32), name) for name in words),
    ]
    # Words of two columns, or a word and a number, may have one name.
    return ColumnTransformer(
        [step for step in steps if step[2]], verbose_feature_names_out=bool(words), sparse_threshold=0
    )


def _means(problem: Problem, scaled: bool) -> TargetEncoder | Pipeline:
    """Means of the target, of rows other than the encoded one: its own would tell the model what to predict."""
    kind = "continuous" if not problem.classes else "binary" if len(problem.classes) == 2 else "multiclass"
    means = TargetEncoder(target_type=kind, cv=PARTS)
    return make_pipeline(means, StandardScaler()) if scaled else means


@contextmanager
def divided_as(
    preprocess: ColumnTransformer, parts: Callable[[], list[tuple[np.ndarray, np.ndarray]]]
) -> Iterator[None]:
    """Let the means of the training rows be made of other parts of them: other groups, or other times.

    The positions of the rows are not kept with the model.
    """
    unfitted = {name: encoder for name, encoder, _ in preprocess.transformers}
    if "means" not in unfitted:
        yield
        return
    _divide(unfitted["means"], parts())
    yield
    # scikit-learn fits a copy.
    for encoders in (unfitted, preprocess.named_transformers_):
        _divide(encoders["means"], PARTS)


def _divide(means: TargetEncoder | Pipeline, parts: int | list[tuple[np.ndarray, np.ndarray]]) -> None:
    (means[0] if isinstance(means, Pipeline) else means).set_params(cv=parts)


def encode_target(target: pd.Series, classes: tuple[str, ...]) -> np.ndarray:
    """Classes as int64 positions in the sorted names, numbers as float64; shape (rows,)."""
    if not classes:
        return target.to_numpy(dtype=np.float64)
    return pd.Categorical(target, categories=list(classes)).codes.astype(np.int64)
