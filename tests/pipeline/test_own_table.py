"""The user's own table: read correctly, or refused in one line that says what to do; nothing half-written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.pipeline.conftest import ACQUIRE, FEATURES, GOOD, PREPARE, refused
from tests.project import Project

pytestmark = pytest.mark.slow


def test_a_good_table_of_ones_own(own: Callable[..., Project]) -> None:
    own(GOOD).stages("acquire")


def test_a_table_too_large_for_git_is_told(own: Callable[..., Project]) -> None:
    project = own(GOOD + "\n" * 60_000_000)
    note = "would go into git with 60 MB, hosts refuse files of 100 MB: dvc add data/external/own.csv keeps it with DVC"
    assert note in project.stage(ACQUIRE).stdout
    project.run("dvc", "add", "data/external/own.csv")
    assert "go into git" not in project.stage(ACQUIRE).stdout
    assert project.run("git", "check-ignore", "data/external/own.csv").stdout


def test_numbers_and_letters_as_a_spanish_spreadsheet_writes_them(own: Callable[..., Project]) -> None:
    rows = "".join(f"{i % 9 + 1}.{100 + i},5;{i},25;{'año' if i % 2 else 'señal'}\n" for i in range(60))
    project = own(
        ("importe;ratio;label\n" + rows).encode("cp1252"),
        read={"separator": ";", "decimal": ",", "thousands": ".", "encoding": "cp1252"},
    )
    for step in (ACQUIRE, PREPARE):
        assert project.stage(step).returncode == 0
    said = project.table("data/interim/table.parquet", "*t.iloc[0], *t.dtypes")
    assert said == "1100.5 0.25 señal float64 float64 str\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("importe;label\n1.234,5;a;\n2.234,5;b;\n", "is not a table separated by ';'"),
        ("importe;label;label\n1.234,5;a;b\n", "has two columns 'label'"),
    ],
)
def test_a_spreadsheet_whose_rows_and_header_differ(own: Callable[..., Project], content: str, said: str) -> None:
    project = own(content, read={"separator": ";", "decimal": ",", "thousands": "."})
    assert said in refused(project, ACQUIRE, PREPARE)


def test_what_is_a_name_stays_as_it_is_written(own: Callable[..., Project]) -> None:
    """Codes are not numbers, even if they look like them."""
    rows = "".join(f"{i:03};0{i % 9 + 1}.02.2020;1.{i:03},5;{i % 2}\n" for i in range(60))
    project = own(
        "code;day;amount;label\n" + rows + "060;01.02.2020;1,5;\n",
        read={"separator": ";", "decimal": ",", "thousands": "."},
        columns={"day": {"type": "category"}},
        id="code",
    )
    for step in (ACQUIRE, PREPARE):
        assert (done := project.stage(step)).returncode == 0, done.stderr
    assert project.table("data/interim/table.parquet", "*t.iloc[7]") == "007 08.02.2020 1007.5 1\n"


COMMA = "x;label\n" + "".join(f"{i},5;{'ab'[i % 2]}\n" for i in range(60))


@pytest.mark.parametrize("columns", [{}, {"x": {"type": "number"}}], ids=["not listed", "listed"])
@pytest.mark.parametrize("stray", ["n/d", "7.5"])
def test_a_stray_text_among_numbers_with_a_decimal_comma(
    own: Callable[..., Project], columns: dict[str, Any], stray: str
) -> None:
    table = COMMA.replace("\n7,5;", f"\n{stray};")
    line = refused(own(table, read={"separator": ";", "decimal": ","}, columns=columns), ACQUIRE, PREPARE)
    assert f"column 'x': 1 of 60 values are not of type number, the first is '{stray}' in data row 8" in line


def test_times_of_several_zones_become_those_of_one_clock(own: Callable[..., Project]) -> None:
    rows = "".join(f"2020-01-01T{i % 24:02}:00:00{'Z' if i % 2 else '+01:00'},{'ab'[i % 2]}\n" for i in range(60))
    project = own("when,label\n" + rows, columns={"when": {"type": "date"}}, clean={"duplicates": "keep"})
    for step in (ACQUIRE, PREPARE):
        assert (done := project.stage(step)).returncode == 0, done.stderr
    said = project.table("data/interim/table.parquet", "*t['when'][:2], t['when'].dtype")
    assert said == "2019-12-31 23:00:00 2020-01-01 01:00:00 datetime64[us]\n"


def test_a_time_that_is_text_orders_nothing(own: Callable[..., Project]) -> None:
    rows = "".join(f"{i % 28 + 1:02}.02.{2000 + i},{i},{'ab'[i % 2]}\n" for i in range(60))
    project = own("day,x,label\n" + rows, time="day")
    project.select(split="time")
    line = refused(project, ACQUIRE, PREPARE)
    assert (
        "column 'day' looks like dates, of which the first is '01.02.2000': set read.date_format to '%d.%m.%Y'" in line
    )
    project.edit("configs/data/csv.yaml", "columns: {}", "columns: {day: {type: category}}")
    line = refused(project, PREPARE, FEATURES)
    assert "the column 'day' is text, which has no order in time: list it under columns as {type: date}" in line


@pytest.mark.parametrize(
    ("target", "kind"), [("x", "integer"), ("x", "number"), ("label", "date")], ids=["integer", "number", "date"]
)
def test_a_class_that_is_listed_as_something_else(own: Callable[..., Project], target: str, kind: str) -> None:
    line = refused(own(GOOD, target=target, columns={target: {"type": kind}}), ACQUIRE)
    assert f"columns.{target}: the target of a classification must have the type category" in line


def test_the_wrong_encoding(own: Callable[..., Project]) -> None:
    project = own("x,label\n1,año\n2,señal\n".encode("cp1252"))
    assert "own.csv is not utf-8" in (line := refused(project, ACQUIRE, PREPARE))
    assert "set read.encoding, perhaps cp1252" in line


def test_an_empty_file(own: Callable[..., Project]) -> None:
    assert "own.csv is empty" in refused(own(""), ACQUIRE, PREPARE)


def test_only_a_header(own: Callable[..., Project]) -> None:
    assert "no row is left" in refused(own("x,y,label\n"), ACQUIRE, PREPARE)


def test_a_missing_target(own: Callable[..., Project]) -> None:
    line = refused(own(GOOD, target="labels"), ACQUIRE, PREPARE)
    assert "the data have no column 'labels'; did you mean 'label'?" in line


def test_a_missing_column(own: Callable[..., Project]) -> None:
    line = refused(own(GOOD, columns={"z": {"type": "number"}}), ACQUIRE, PREPARE)
    assert "the data have no column 'z'" in line


def test_a_wrong_type(own: Callable[..., Project]) -> None:
    line = refused(own(GOOD.replace("3.5,", "three,"), columns={"x": {"type": "number"}}), ACQUIRE, PREPARE)
    assert "column 'x': 6 of 60 values are not of type number, the first is 'three' in data row 4" in line


def test_a_wrong_type_of_a_column_that_is_not_listed(own: Callable[..., Project]) -> None:
    line = refused(own(GOOD.replace("\n3.5,", "\nthree,")), ACQUIRE, PREPARE)
    assert "column 'x': 1 of 60 values are not of type number" in line and "list it under columns" in line


def test_a_column_without_values(own: Callable[..., Project]) -> None:
    table = "x,y,label\n" + "".join(f"{i},,{'ab'[i % 2]}\n" for i in range(60))
    project = own(table)
    project.stage(ACQUIRE)
    assert "skipped column 'y', which has no value" in project.stage(PREPARE).stdout
    project.edit("configs/data/csv.yaml", "columns: {}", "columns: {y: {type: number}}")
    assert "column 'y': it has no value at all" in refused(project, PREPARE)


def test_only_one_class(own: Callable[..., Project]) -> None:
    assert "only one class in 'label'" in refused(own(GOOD.replace(",b\n", ",a\n")), ACQUIRE, PREPARE)


def test_a_value_out_of_range(own: Callable[..., Project]) -> None:
    line = refused(own(GOOD, columns={"x": {"type": "number", "maximum": 10}}), ACQUIRE, PREPARE)
    assert "column 'x'" in line and "10.5" in line


def test_rows_are_dropped_and_counted_where_that_is_asked_for(own: Callable[..., Project]) -> None:
    table = GOOD + "0.5,0,a\n" + "7.5,,a\n" + "8.5,1,\n" + "999,1,b\n"
    project = own(
        table,
        columns={"x": {"type": "number", "maximum": 100}},
        clean={"duplicates": "drop", "missing": "drop", "out_of_range": "drop"},
    )
    project.stage(ACQUIRE)
    done = project.stage(PREPARE)
    assert "64 read, 1 without target, 1 duplicates, 1 with missing values, 1 out of range, 60 kept" in done.stdout


def test_equal_rows_are_asked_about_or_kept(own: Callable[..., Project]) -> None:
    project = own(GOOD + GOOD.split("\n", 1)[1], clean={"duplicates": "ask"})
    line = refused(project, ACQUIRE, PREPARE)
    assert "60 of 120 rows equal an earlier one in every column: set clean.duplicates to drop if" in line
    project.edit("configs/data/csv.yaml", "duplicates: ask", "duplicates: keep")
    assert "120 kept" in project.stage(PREPARE).stdout and project.stage(FEATURES).returncode == 0


def test_a_group_that_would_stand_on_both_sides(own: Callable[..., Project]) -> None:
    table = "patient," + GOOD.replace("\n", "\n{},").format(*(i // 10 for i in range(61))).rsplit("\n", 1)[0] + "\n"
    project = own(table, group="patient")
    line = refused(project, ACQUIRE, PREPARE, FEATURES)
    assert "values of the group 'patient' would stand in more than one part" in line and "use split=grouped" in line
    project.select(split="grouped")
    assert project.stage(FEATURES).returncode == 0
