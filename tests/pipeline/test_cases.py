"""Tables as people have them: understood, or refused in one line that names the option; never wrong in silence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from tests.pipeline.conftest import ACQUIRE, FEATURES, PREPARE, refused
from tests.project import Project

pytestmark = pytest.mark.slow

Own = Callable[..., Project]
ROWS = range(60)


def lines(header: str, rows: Iterable[str]) -> str:
    """A file of text."""
    return "\n".join([header, *rows]) + "\n"


def label(row: int) -> str:
    """A class that has something to do with the row."""
    return "ab"[row % 2]


SPAIN = {"separator": ";", "decimal": ","}
COMMA = lines("n;temp;label", (f"{row};{row * 7 % 13 or '2,6'};{label(row)}" for row in ROWS))
THOUSANDS = lines("id;income;label", (f"{row};{row % 9 + 1}.{row * 37 % 900 + 100},00;{label(row)}" for row in ROWS))
DAYS = lines("day,x,label", (f"{row % 28 + 1:02}/{row % 12 + 1:02}/2020,{row},{label(row)}" for row in ROWS))
MEASURED = lines("x,label", (f"{row},{row / 7}" for row in ROWS))
MARKED = {"read": {"missing": ["?"]}}
CODES = lines("sku,x,label", (f"{'0' * (row % 2)}{1000 + row // 2},{row // 2},a" for row in ROWS)).replace(
    ",a\n", ",b\n", 9
)
MARKS = lines("a,x,label", (f"{-200 if row % 9 == 0 else row / 60},{row},{label(row)}" for row in ROWS))
BIG = lines("acct,x,label", (f"{18446744073709500000 + 5000 * row},{row},{label(row)}" for row in ROWS))
INFINITE = lines("x,y,label", (f"{'inf' if row == 40 else row / 3},{row},{label(row)}" for row in ROWS))
CONSTANT = lines("x,y,label", (f"{row / 3},{row},5" for row in ROWS))


REFUSED = {
    "decimal comma": (COMMA, {"read": {"separator": ";"}}, "if '2,6' means a missing value"),
    "only decimal commas": (
        COMMA.replace(";2,6;", ";2;").replace(";7;", ";7,1;"),
        {"read": {"separator": ";"}},
        "'7,1'",
    ),
    "thousands": (THOUSANDS, {"read": SPAIN}, "set read.thousands to '.'"),
    "dates": (DAYS, {}, "column 'day' looks like dates, of which the first is '01/01/2020': set read.date_format to"),
    "listed dates": (DAYS, {"columns": {"day": {"type": "date"}}}, "set read.date_format to '%d/%m/%Y'"),
    "-200 for missing": (MARKS, {}, "column 'a': -200 occurs 7 times, far from all other values"),
    "beyond 64 bits": (BIG, {"columns": {"acct": {"type": "integer"}}}, "of an integer is 9223372036854775807"),
    "beyond 53 bits": (BIG, {}, "column 'acct': 18446744073709500000 in data row 1 is beyond 9007199254740992"),
    "infinite": (INFINITE, {}, "column 'x': 'inf' in data row 41 is no finite number"),
    "a constant target": (CONSTANT, {"task": "regression"}, "only one value in 'label': there is nothing to predict"),
    "a wrong separator": (COMMA, {}, "has one column, 'n;temp;label', if it is separated by ','"),
    "numbers as classes": (MEASURED, {}, "holds 60 different numbers: set task: regression"),
    "classes as numbers": (COMMA, {"read": SPAIN, "task": "regression"}, "if it is a class, set task: classification"),
}


@pytest.mark.parametrize(("content", "changes", "said"), REFUSED.values(), ids=REFUSED)
def test_is_refused_with_the_option_to_set(own: Own, content: str, changes: dict[str, Any], said: str) -> None:
    assert said in refused(own(content, **changes), ACQUIRE, PREPARE)


UNDERSTOOD = {
    "decimal comma": (COMMA, {"read": SPAIN}, "60 kept"),
    "thousands": (THOUSANDS, {"read": SPAIN | {"thousands": "."}}, "income  number"),
    "spaces around": (lines("x, job, label", (f"{row}, ?, {label(row)}" for row in ROWS)), MARKED, "column 'job'"),
    "lines before": (
        lines("# station 12\n# unit: C\nx,label", (f"{row},{label(row)}" for row in ROWS)),
        {},
        "skipped 2 lines",
    ),
    "semicolons at the end": (
        lines("x;label;;", (f"{row};{label(row)};;" for row in ROWS)),
        {"read": SPAIN},
        "skipped column 4, which has neither a name nor a value",
    ),
    "a comma at the end": (lines("x,label,", (f"{row},{label(row)}," for row in ROWS)), {}, "skipped column 3"),
    "a class named NA": (
        lines("x,label", (f"{row},{'NA' if row % 2 else 'ES'}" for row in ROWS)),
        {"columns": {"label": {"type": "category", "values": ["NA", "ES"]}}},
        "0 without target",
    ),
    "codes with zeros": (CODES, {"clean": {"duplicates": "ask"}}, "column 'sku' holds codes such as '01000'"),
    "a column named self": (lines("self,func,label", (f"{row},{row % 7},{label(row)}" for row in ROWS)), {}, "60 kept"),
}


@pytest.mark.parametrize(("content", "changes", "said"), UNDERSTOOD.values(), ids=UNDERSTOOD)
def test_is_understood_and_said(own: Own, content: str, changes: dict[str, Any], said: str) -> None:
    project = own(content, **changes)
    for step in (ACQUIRE, PREPARE, FEATURES):
        done = project.stage(step)
        assert done.returncode == 0, done.stderr
        if step == PREPARE:
            assert said in done.stdout and " 60 kept" in done.stdout, done.stdout


def test_a_column_that_is_dropped_costs_no_row(own: Own) -> None:
    content = lines("a,cabin,label", (f"{row},{'C1' if row % 5 == 0 else ''},{label(row)}" for row in ROWS))
    project = own(content, clean={"missing": "drop", "duplicates": "keep"})
    project.edit("configs/features/default.yaml", "drop: []", "drop: [cabin]")
    project.stage(ACQUIRE)
    assert "60 kept" in project.stage(PREPARE).stdout


def test_a_word_of_yaml_is_explained(own: Own) -> None:
    project = own(lines("country,label", (f"{'SE' if row % 3 else 'NO'},{label(row)}" for row in ROWS)))
    project.edit("configs/data/csv.yaml", "columns: {}", "columns: {country: {type: category, values: [SE, NO]}}")
    line = refused(project, ACQUIRE)
    assert "columns.country.values.1: YAML reads NO, OFF, FALSE or N as false: write it in quotes" in line


def test_a_table_of_nothing_but_time(own: Own) -> None:
    rows = (f"2020-{row // 28 + 1:02}-{row % 28 + 1:02},{row * 7 % 31 / 2}" for row in ROWS)
    project = own(lines("date,temp", rows), task="regression", target="temp", time="date")
    project.select(split="time")
    assert "features.time_parts, such as [month, dayofweek], or features.lags" in refused(
        project, ACQUIRE, PREPARE, FEATURES
    )
    project.edit("configs/features/default.yaml", "lags: {}", "lags: {temp: [1, 7]}")
    project.edit("configs/features/default.yaml", "time_parts: []", "time_parts: [dayofweek]")
    project.stages("featurize")
    assert (
        project.table("data/processed/test.parquet", "*t.columns")
        == "date dayofweek temp 1 before temp 7 before date temp\n"
    )


def test_names_that_figures_read_as_formulas_and_many_classes(own: Own) -> None:
    names = [f"<{number} $5 to $9" for number in range(30)]
    content = lines("x,label", (f"{row % 30 + row / 1000},{names[row % 30]}" for row in range(600)))
    own(content).stages("acquire")


def test_own_data_are_watched(own: Own) -> None:
    project = own(COMMA, read=SPAIN)
    assert project.repro("acquire") == ["acquire"] and project.repro("acquire") == []
    with (project.path / "data/external/own.csv").open("a") as file:
        file.write("60;3;a\n")
    done = project.run("dvc", "repro", "acquire", check=False)
    assert done.returncode != 0 and "data/external/own.csv: its sha256 is" in done.stderr


def test_the_file_that_is_read_is_the_one_that_is_watched(own: Own) -> None:
    project = own(COMMA, read=SPAIN)
    project.edit("configs/config.yaml", "file: data/external/own.csv", "file: data/external/iris.csv")
    said = "file: the chosen data read data/external/own.csv, DVC watches data/external/iris.csv"
    assert said in refused(project, ACQUIRE)
