"""Reading and cleaning: tables as common programs write them, and every dropped row counted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from {{ cookiecutter.module_name }}.common.table import Data, Reading
from {{ cookiecutter.module_name }}.dataset.tables import clean, read_table, type_columns

Settings = Callable[..., Data]
SPANISH = "región;precio;clase\nMálaga;1.234,56;sí\nCádiz;2.000.000,00;no\n"


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    def write(text: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / "data.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def test_a_spanish_export(written: Callable[..., Path]) -> None:
    read = Reading(separator=";", decimal=",", thousands=".", encoding="cp1252")

    table = read_table(written(SPANISH, "cp1252"), read, text=["región", "clase"])

    assert table.to_dict("list") == {
        "región": ["Málaga", "Cádiz"],
        "precio": [1234.56, 2000000.0],
        "clase": ["sí", "no"],
    }


@pytest.mark.parametrize("thousands", [None, "."])
def test_a_wrong_encoding_says_what_to_set(written: Callable[..., Path], thousands: str | None) -> None:
    with pytest.raises(ValueError, match=r"data\.csv is not utf-8 .*: set read\.encoding, perhaps cp1252"):
        read_table(written(SPANISH, "cp1252"), Reading(separator=";", decimal=",", thousands=thousands), text=[])


@pytest.mark.parametrize("thousands", [None, ","])
def test_text_stays_as_written(written: Callable[..., Path], thousands: str | None) -> None:
    path = written("code,day,size\n007,2024-01-02,1\n012,2024-02-03,2\n")

    table = read_table(path, Reading(thousands=thousands), text=["code", "day"])

    assert table.to_dict("list") == {"code": ["007", "012"], "day": ["2024-01-02", "2024-02-03"], "size": [1, 2]}


def test_a_file_without_a_header_and_with_its_own_mark_of_missing(written: Callable[..., Path]) -> None:
    table = read_table(written("1,?\n2,b\n"), Reading(names=["size", "kind"], missing=["?"]), text=[])

    assert table["size"].tolist() == [1, 2]
    assert table["kind"].isna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"data\.csv is empty"),
        ("a,b\n1,2\n1,2,3\n", r"data\.csv is not a table separated by ','"),
        ("a,a\n1,2\n", r"data\.csv has two columns 'a'"),
    ],
)
def test_an_unreadable_file_is_refused(written: Callable[..., Path], text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_table(written(text), Reading(), text=["a"])


def test_columns_get_their_types(settings: Settings) -> None:
    columns = {"count": {"type": "integer"}, "day": {"type": "date"}, "code": {"type": "category"}}
    raw = pd.DataFrame({"count": [1.0, 2.0], "day": ["2024-01-02", None], "code": ["007", "x"], "size": [1, 2]})

    table = type_columns(raw.assign(y=[0, 1]), settings(columns=columns))

    assert table.dtypes.astype(str).to_dict() == {
        "count": "int64",
        "day": "datetime64[us]",
        "code": "str",
        "size": "float64",
        "y": "str",
    }


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ({"type": "number"}, ["1", "2,5"], r"column 'size': 1 of 2 values are not of type number, .*'2,5'"),
        ({"type": "integer"}, [1.0, 2.5], "column 'size': not every value is a whole number"),
        ({"type": "date"}, ["2024-01-02", "02/13/2024"], r"'size': 1 of 2 values are not of type date, .*'02/13/2024'"),
    ],
)
def test_a_value_of_another_type_is_named(
    settings: Settings, column: dict[str, str], values: list[object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        type_columns(pd.DataFrame({"size": values, "y": ["a", "b"]}), settings(columns={"size": column}))


def test_a_column_of_numbers_with_a_stray_text_is_asked_about(settings: Settings) -> None:
    table = pd.DataFrame({"size": ["1", "2", "n/k"], "y": ["a", "b", "a"]})

    with pytest.raises(ValueError, match=r"'n/k'.*if it is text, list it under columns"):
        type_columns(table, settings())


def test_a_missing_target_names_the_nearest(settings: Settings) -> None:
    with pytest.raises(ValueError, match=r"the data have no column 'species'; did you mean 'specie'\?"):
        type_columns(pd.DataFrame({"specie": ["a"]}), settings(target="species"))


def test_every_dropped_row_is_counted(settings: Settings) -> None:
    table = pd.DataFrame(
        {"size": [1.0, 1.0, None, 99.0, 2.0, 3.0], "y": ["a", "a", "a", "a", None, "b"]},
    )
    data = settings(
        clean={"duplicates": "drop", "missing": "drop", "out_of_range": "drop"},
        columns={"size": {"type": "number", "maximum": 10}},
    )

    kept, counts = clean(table, data)

    assert kept["size"].tolist() == [1.0, 3.0]
    assert counts == {
        "read": 6,
        "without target": 1,
        "duplicates": 1,
        "with missing values": 1,
        "out of range": 1,
        "kept": 2,
    }


def test_rows_are_kept_where_so_configured(settings: Settings) -> None:
    table = pd.DataFrame({"size": [1.0, 1.0, None], "y": ["a", "a", "b"]})

    kept, _ = clean(table, settings(clean={"duplicates": "keep", "missing": "keep", "out_of_range": "refuse"}))

    pd.testing.assert_frame_equal(kept, table)
