"""What only a person knows of a table: answers where somebody gives them, else guesses that are told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from ...common.table import Column, Data
from ...tables.cleaning import duplicated_rows, likely_mark, said
from ...tables.notation import COMPACT, distinct, inexact, is_compact, is_prose, to_numbers, unit_of_values
from ...tables.reading import read_text
from ...tables.text import Text
from .questions import agrees, ask, somebody
from .roles import group_of, id_of, task_of, test_marks, time_of
from .sniff import WORDS, Sniffed

if TYPE_CHECKING:
    from .writing import Existing

NONE = "none"
# Why an option has its value, where a person has said so.
SAID = "as you said"
# Classes up to which they are listed.
MANY = 50
QUESTIONS: dict[str, tuple[Callable[[pd.DataFrame, Data], str | None], str]] = {
    "id": (id_of, "column {!r} differs in every row: does it only name the rows?"),
    "time": (time_of, "the rows are in the order of {!r}: is the model to predict later rows from earlier ones?"),
    "group": (group_of, "column {!r} repeats: do its rows belong together, so that the test needs other ones?"),
}


def settings(found: Sniffed, target: str, task: str, columns: dict[str, Column] | None = None) -> Data:
    """The settings of configs/data/ as far as they are known. Without a target they only type the columns."""
    clean = {"duplicates": "ask", "missing": "keep", "out_of_range": "refuse"}
    source: dict[str, Any] = {"kind": "file", "url": None, "mirrors": [], "path": None, "sha256": None}
    roles: dict[str, Any] = {"id": None, "group": None, "time": None}
    known = {"source": source, "read": found.options, "target": target, "clean": clean, "columns": {}}
    data = Data.model_validate({**known, **roles, "task": task or "classification"})
    return data.model_copy(update={"task": task, "columns": columns or {}})


def decide_doubts(found: Sniffed, known: dict[str, Any]) -> None:
    """Decide between what a file may mean: as said or configured, else as answered.

    Raises:
        ValueError: nobody says.
    """
    for doubt, meanings in found.doubts.items():
        keys = {key for meaning in meanings.values() for key in meaning}
        for key in keys:
            found.options.pop(key, None)
        if configured := {key: known[key] for key in keys & known.keys()}:
            for key, value in configured.items():
                found.set(key, value, SAID)
            continue
        if not somebody():
            options = [(key.upper(), value, meant) for meant, one in meanings.items() for key, value in one.items()]
            ways = [f"{key}='{value}' if it {meant}" for key, value, meant in options]
            raise ValueError(f"{doubt} can be read in {len(meanings)} ways: look again with {', '.join(ways)}")
        meant = ask(f"{doubt} {' or '.join(meanings)}?", meanings, next(iter(meanings)))
        for key, value in meanings[meant].items():
            found.set(key, value, f"{doubt} {meant}")


def classes_with_a_word(file: Path, found: Sniffed, target: str) -> list[str]:
    """The classes of a target, if a word that elsewhere means a missing value is one of them; else none."""
    marks = found.options.get("missing", [])
    if not set(WORDS) & set(marks) or found.why["missing"] == SAID:
        return []
    plain = found.reading().model_copy(update={"missing": [mark for mark in marks if mark not in WORDS]})
    values = read_text(file, plain, {}).table[target]
    if not pa.types.is_string(values.type):
        return []
    classes = sorted(values.drop_null().unique().to_pylist())
    numbers = to_numbers(pa.chunked_array([classes]), plain)
    words = set(WORDS) & set(classes)
    return classes if words and len(classes) <= MANY and numbers.null_count > len(words) else []


def columns_of(table: pa.Table, found: Sniffed, text: list[str]) -> dict[str, Column]:
    """Columns that have to be listed to be read: text, numbers with a unit, codes too long for a number, sentences.

    Raises:
        ValueError: texts stand among numbers, and nobody says what they mean.
    """
    columns = {name: Column(type="category") for name in text}
    read = found.reading()
    for name, strays in found.strays.items():
        if name in columns or set(strays) <= set(read.missing) or name not in table.column_names:
            continue
        what = f"column {name!r}: {' and '.join(map(repr, strays))} among numbers"
        if not somebody():
            raise ValueError(
                f"{what}: look again with MISSING={'|'.join(strays)!r} if it means a missing value, with "
                f"TEXT={name!r} if the column is text"
            )
        if not agrees(f"{what}: is the column text (no: a missing value)?", default=True):
            raise ValueError(f"look again with MISSING={'|'.join(strays)!r}")
        columns[name] = Column(type="category")
    for name, values in zip(table.column_names, table.columns, strict=True):
        if name in columns or not pa.types.is_string(values.type):
            continue
        numbers = to_numbers(values, read)
        if numbers.null_count == values.null_count:
            if read.date_format == COMPACT and is_compact(distinct(values)):
                columns[name] = Column(type="date")
            elif inexact(values, numbers, read.thousands):
                print(f"note: column {name!r} holds whole numbers too long for a number: they are read as codes")
                columns[name] = Column(type="category")
        elif (unit := unit_of_values(distinct(values), read)) and to_numbers(values, read, unit).null_count == (
            values.null_count
        ):
            print(f"note: column {name!r} holds numbers in {unit}")
            columns[name] = Column(type="number", unit=unit)
        elif is_prose(values):
            print(f"note: column {name!r} holds sentences: their words become features")
            columns[name] = Column(type="text")
    return columns


def task_for(target: str, task: str | None, text: Text, found: Sniffed) -> tuple[str, str]:
    """The task and why; a person is asked where whole numbers may be classes."""
    if task:
        return task, SAID
    # A target that read.join makes is a time.
    values = text.table[target] if target in text.table.column_names else pa.chunked_array([], pa.timestamp("us"))
    task, why, doubt = task_of(values, found.reading())
    if doubt and somebody():
        task = ask(f"{target!r} holds {why}: classification or regression?", ["classification", "regression"], task)
        return task, SAID
    return task, why + (": say TASK=classification if they are classes" if doubt else "")


def given_marks(table: pd.DataFrame) -> list[str]:
    """Numbers that a person says to mean a missing value."""
    marks: list[str] = []
    for name in table.columns if somebody() else ():
        if pd.api.types.is_float_dtype(table[name]) and (mark := likely_mark(table[name].to_numpy())):
            number = said(mark[0])
            question = f"column {name!r}: does {number}, which occurs {mark[1]} times, mean a missing value?"
            if number not in marks and agrees(question, default=True):
                marks.append(number)
    return marks


def with_roles(table: pd.DataFrame, data: Data, given: dict[str, str | None], before: Existing | None) -> Data:
    """The settings with id, time and group: as said, as configured, as answered, or as guessed.

    Raises:
        ValueError: one column has two roles.
    """
    data = data.model_copy(update={"weight": before.data.weight if before else None})
    configured = {role: getattr(before.data, role) if before else None for role in QUESTIONS}
    known = {role: given[role] or (name if name not in given.values() else None) for role, name in configured.items()}
    for role, (guess, question) in QUESTIONS.items():
        name = known[role]
        # A table is split by time or by groups.
        split = role != "id" and (data.time or any(known[other] not in (None, NONE) for other in ("time", "group")))
        if name is None and not split and (guessed := guess(table, data)) and guessed not in known.values():
            name = guessed if agrees(question.format(guessed), default=True) else NONE
            if not somebody():
                print(f"{role}: {name} (a guess; another one, or {NONE}: look again with {role.upper()}=)")
        if name not in (None, NONE) and name in data.roles:
            raise ValueError(f"column {name!r} cannot be {role} too: it is the {_role(name, data)}")
        data = data.model_copy(update={role: None if name == NONE else name})
    return data


def own_test(table: pd.DataFrame, data: Data) -> tuple[str, list[str]] | None:
    """The column and its values that mark test rows of their own, where there are some and a person agrees."""
    marked = test_marks(table, data)
    if marked is None or not agrees(f"rows with {marked[1][0]!r} as {marked[0]!r}: are they the test rows?", True):
        return None
    if not somebody():
        print(f"split: the test rows are those with {marked[1][0]!r} as {marked[0]!r} (a guess, see configs/split/)")
    return marked


def split_of(data: Data) -> str:
    """The split that the roles of the columns ask for."""
    return "time" if data.time else "grouped" if data.group else "stratified"


def _role(name: str, data: Data) -> str:
    return next(role for role in ("target", "id", "time", "group", "weight") if getattr(data, role) == name)


def with_cleaning(table: pd.DataFrame, data: Data, duplicates: str | None, before: Existing | None) -> Data:
    """The settings with what happens to unusable rows: as said, as configured, as answered, else "ask"."""
    clean = before.data.clean if before else data.clean
    if duplicates is None and clean.duplicates == "ask" and somebody():
        count = int(duplicated_rows(table, data).sum())
        question = f"{count} of {len(table)} rows equal an earlier one: keep them as observations, or drop copies?"
        duplicates = ask(question, ["keep", "drop"], "keep") if count else None
    if duplicates:
        clean = clean.model_copy(update={"duplicates": duplicates})
    return data.model_copy(update={"clean": clean})
