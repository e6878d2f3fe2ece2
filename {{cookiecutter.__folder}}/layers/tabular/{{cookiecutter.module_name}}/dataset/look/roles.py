"""What the columns of a table are for, and what should be known before a model is trained on them."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...common.table import Data, Reading
from ...tables.cleaning import duplicated_rows, likely_mark, said
from ...tables.notation import SAMPLE, to_dates, to_numbers, unit_of_values

# Names of columns whose repeated values stand for someone of whom a model must not have seen other rows.
SUBJECTS = "patient|subject|person|participant|user|customer|client|animal"
SUJETOS = "paciente|sujeto|persona|participante|usuario|cliente"
SUBJECT = re.compile(rf"(^|[\W_])({SUBJECTS}|{SUJETOS})s?($|[\W_]|id)", re.IGNORECASE)
# The same of places and the like, which may be few, and of which it is less clear.
PLACES = "site|station|plot|school|family|house|group|centro|estaci[oó]n|parcela|alumno|familia|grupo"
GROUPS = re.compile(rf"(^|[\W_])({PLACES})($|[\W_])|_?id$", re.IGNORECASE)
# Values that mark the rows of a part, such as the names of files.
TESTED, TRAINED = (re.compile(rf"(^|[\W_\d])({word})($|[\W_\d])", re.IGNORECASE) for word in ("test", "train|training"))
# An amount or a time of day that was not understood as a number: it names no row.
NUMBER = r"\d[\d.,’' ]*"
CURRENCY, UNIT = "EUR|USD|GBP|CHF|MXN|ARS|CLP|COP|PEN|BRL|JPY|CNY", "[kmc]?g|[kmc]?m|m?l|h|min|s"
AMOUNTS = (
    rf"[-(]?\s*([A-Z]{{1,3}}\s*)?[$€£¥₹]\s*-?{NUMBER}\)?|[-(]?{NUMBER}\s*[$€£¥₹%]\)?|({CURRENCY})\s*{NUMBER}",
    rf"-?{NUMBER} [A-Za-z°]{{1,4}}[²³]?( [a-z]{{1,4}})?|-?{NUMBER}({UNIT}|{CURRENCY})",
    r"-?\d{1,3}(,\d{2,3})+(\.\d+)?|-?\d{1,3}(’\d{3})+(\.\d+)?|\(\d+([.,]\d+)?\)|\d{1,2}(:\d{2}){1,2}",
)
AMOUNT = "|".join(AMOUNTS)
TOTAL = re.compile(r"(grand |sub)?total(es|s)?( general)?|sum|suma|all|todos", re.IGNORECASE)
# Values of a column up to which it may mark the parts.
PARTS = 20
# Values of a column from which whole groups can be split into three parts.
FEWEST_GROUPS = 10
# Rows from which a single feature may be told to predict the target.
ENOUGH = 30
# Accuracy or r2 from which a single feature is said to predict the target.
ALONE = 0.98
# Rows on which a tree is tried.
TREE = 2000
# Rows that are looked at before all of them.
HEAD = 1000
# Whole numbers that may well be classes, or grades, up to which a person is asked.
FEW = 20


def task_of(target: pa.ChunkedArray, read: Reading) -> tuple[str, str, bool]:
    """Classification or regression, why, and whether the numbers may well be classes.

    Raises:
        ValueError: the target is a time.
    """
    values = target.drop_null().unique()
    distinct, text = len(values), pa.types.is_string(values.type)
    written = [str(value) for value in values[:SAMPLE].to_pylist()] if text else []
    dated = written and to_dates(pd.Series(written, dtype="str"), read).notna().mean() > 0.9
    unit = unit_of_values(written, read)
    numbers = to_numbers(pa.chunked_array([values]), read, unit) if text else values.cast(pa.float64())
    if pa.types.is_temporal(target.type) or (dated and numbers.null_count > distinct / 2):
        raise ValueError("the target is a time: only numbers and classes are predicted")
    if numbers.null_count > distinct / 2:
        return "classification", f"{distinct} classes of text", False
    whole = bool(pc.all(pc.equal(pc.floor(numbers), numbers)).as_py())
    if whole and distinct <= 2:
        return "classification", f"{distinct} numbers", False
    return "regression", f"{distinct} different numbers", whole and distinct <= FEW


def id_of(table: pd.DataFrame, data: Data) -> str | None:
    """The column that names each row: text or whole numbers, all different."""
    for name in (name for name in table.columns if name not in (data.target, *data.texts)):
        values = table[name]
        # Most columns repeat within the first rows already.
        head = values.iloc[:HEAD]
        if len(table) < ENOUGH or values.isna().any() or head.nunique() < len(head):
            continue
        if values.nunique() < len(table):
            continue
        if pd.api.types.is_string_dtype(values):
            if head.str.fullmatch(AMOUNT).mean() > 0.5:
                continue
            return str(name)
        if pd.api.types.is_numeric_dtype(values) and (values % 1 == 0).all():
            steps = np.diff(values.to_numpy())
            if (steps == 1).all() or re.search(r"(^|[\W_])(id|n|no|num|index|row|fila)$", str(name), re.IGNORECASE):
                return str(name)
    return None


def time_of(table: pd.DataFrame, data: Data) -> str | None:
    """The only date column, if the rows are in its order: a log, whose later rows are predicted from earlier ones."""
    dated = _dated(table)
    if len(dated) != 1 or len(table) < ENOUGH:
        return None
    times = table[dated[0]]
    ordered = times.is_monotonic_increasing or times.is_monotonic_decreasing
    return dated[0] if ordered and times.notna().all() and times.nunique() >= FEWEST_GROUPS else None


def group_of(table: pd.DataFrame, data: Data) -> str | None:
    """The column that names whom a row is about, if that repeats."""
    for name in table.columns:
        named = name not in data.roles and SUBJECT.search(str(name)) and table[name].notna().all()
        if named and FEWEST_GROUPS <= table[name].nunique() <= len(table) / 2:
            return str(name)
    return None


def test_marks(table: pd.DataFrame, data: Data) -> tuple[str, list[str]] | None:
    """The column whose values name test and training rows, and those of the test, such as a file test.csv."""
    for name in table.columns:
        values = table[name]
        if name == data.target or not pd.api.types.is_string_dtype(values) or values.nunique() > PARTS:
            continue
        marks = sorted(values.dropna().unique())
        tests = [mark for mark in marks if TESTED.search(mark)]
        if tests and any(map(TRAINED.search, marks)):
            return str(name), tests
    return None


def warnings(table: pd.DataFrame, data: Data) -> list[str]:
    """What should be known or decided, a line each."""
    found = [*_targets(table, data), *_marks(table, data), *_duplicates(table, data), *_totals(table)]
    return [*found, *_names(table, data), *_groups(table, data), *_times(table, data), *_leaks(table, data)]


def _targets(table: pd.DataFrame, data: Data) -> list[str]:
    missing = int(table[data.target].isna().sum())
    hint = "; if NA is a class, list it under columns as {type: category, values: [NA, ...]}"
    lost = f"{missing} of {len(table)} rows have no {data.target!r} and are left out"
    return [lost + (hint if data.task == "classification" else "")] if missing else []


def _marks(table: pd.DataFrame, data: Data) -> list[str]:
    lines = []
    for name in table.columns:
        if pd.api.types.is_float_dtype(table[name]) and (mark := likely_mark(table[name].to_numpy())):
            lines.append(
                f"column {name!r}: {said(mark[0])} occurs {mark[1]} times, far from all others: if it means a missing "
                f"value, look again with MISSING={said(mark[0])}; if not, list the column with a limit"
            )
    return lines


def _duplicates(table: pd.DataFrame, data: Data) -> list[str]:
    undecided = data.clean.duplicates == "ask"
    count = int(duplicated_rows(table, data).sum()) if undecided else 0
    share = f"{count} of {len(table)} rows equal an earlier one"
    return [f"{share}: look again with DUPLICATES=drop if they are copies, keep if not"] if undecided and count else []


def _totals(table: pd.DataFrame) -> list[str]:
    texts = [name for name in table.columns if pd.api.types.is_string_dtype(table[name])]
    found = [name for name in texts if len(table) and TOTAL.fullmatch(str(table[name].iloc[-1]))]
    said = "the last row has {!r} as {!r}: take it out of the file if it adds up the others"
    return [said.format(table[name].iloc[-1], name) for name in found[:1]]


def _names(table: pd.DataFrame, data: Data) -> list[str]:
    lines = []
    for name in (name for name in table.columns if name not in (*data.roles, *data.texts)):
        text = pd.api.types.is_string_dtype(table[name])
        if text and len(table) >= ENOUGH and table[name].nunique() > len(table) / 2:
            hint = "drop it (features.drop), or list it under columns as {type: text} if its words matter"
            lines.append(f"column {name!r} differs in nearly every row: {hint}")
    return lines


def _groups(table: pd.DataFrame, data: Data) -> list[str]:
    lines = []
    for name in table.columns:
        named = GROUPS.search(str(name)) or SUBJECT.search(str(name))
        if data.group or name in data.roles or not named:
            continue
        distinct = table[name].nunique()
        if 5 < distinct <= len(table) / 2:
            lines.append(
                f"column {name!r} repeats ({distinct} values): if its rows belong together, look again with "
                f"GROUP={name!r}, else the model is tested on what it has seen"
            )
    return lines


def _times(table: pd.DataFrame, data: Data) -> list[str]:
    dated = _dated(table)
    short = "%y" in (data.read.date_format or "")
    later = [name for name in dated if short and table[name].max() > pd.Timestamp.now()]
    said = "column {!r} has dates in the future: years of two digits up to 68 are read as 20.."
    return [*(said.format(name) for name in later), *_split_by(table, data, dated)]


def _split_by(table: pd.DataFrame, data: Data, dated: list[str]) -> list[str]:
    if data.time and set(table.columns) <= {*data.roles}:
        where = "configs/features/default.yaml: time_parts, such as [month, dayofweek], or lags"
        return [f"there is nothing to predict {data.target!r} from but the time: say in {where}"]
    if not dated or data.time:
        return []
    how = f"look again with TIME={dated[0]!r}"
    return [f"the rows are dated by {dated[0]!r}, a random split mixes past and future; to test on later rows, {how}"]


def _dated(table: pd.DataFrame) -> list[str]:
    return [str(name) for name in table.columns if pd.api.types.is_datetime64_any_dtype(table[name])]


def _leaks(table: pd.DataFrame, data: Data) -> list[str]:
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    rows = table[table[data.target].notna()]
    rows = rows.iloc[:: max(1, len(rows) // TREE)].sample(frac=1, random_state=0)
    classes = data.task == "classification"
    target = pd.factorize(rows[data.target])[0] if classes else rows[data.target].to_numpy()
    if len(rows) < ENOUGH or rows[data.target].nunique() < 2 or (classes and np.bincount(target).min() < 3):
        return []
    # Balanced, because to say the frequent class is nearly always right is no art.
    weights = 1 / np.bincount(target)[target] if classes else np.ones(len(target))
    tree = DecisionTreeClassifier(max_leaf_nodes=8) if classes else DecisionTreeRegressor(max_leaf_nodes=64)
    lines = []
    for name in (name for name in table.columns if name not in data.roles):
        values = rows[name]
        if pd.api.types.is_datetime64_any_dtype(values):
            continue
        numbers = values if pd.api.types.is_numeric_dtype(values) else pd.Series(pd.factorize(values)[0], values.index)
        if numbers.nunique() < 2 or (not pd.api.types.is_numeric_dtype(values) and numbers.nunique() > len(rows) / 5):
            continue
        filled = numbers.fillna(numbers.min() - 1).to_numpy(dtype="float64")[:, None]
        # Learnt on every second row, tried on the others.
        tree.fit(filled[::2], target[::2], sample_weight=weights[::2])
        if tree.score(filled[1::2], target[1::2], sample_weight=weights[1::2]) > ALONE:
            lines.append(
                f"column {name!r} alone predicts the target: drop it (features.drop) if it is known only afterwards"
            )
    return lines
