"""Reading and typing: tables as common programs write them; what is not clear is asked about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from {{ cookiecutter.module_name }}.common.table import Data, Reading
from {{ cookiecutter.module_name }}.tables.columns import joined, listed_values, type_columns
from {{ cookiecutter.module_name }}.tables.reading import read_text
from {{ cookiecutter.module_name }}.tables.text import Text

Settings = Callable[..., Data]
Read = Callable[..., tuple[pd.DataFrame, list[str]]]
SPANISH = "región;precio;y\nMálaga;1.234,56;sí\nCádiz;2.000.000,00;no\n"


@pytest.fixture
def typed(tmp_path: Path, settings: Settings) -> Read:
    """Read and type a text; returns the table and the remarks."""

    def read(text: str, encoding: str = "utf-8", **changes: object) -> tuple[pd.DataFrame, list[str]]:
        path = tmp_path / "data.csv"
        path.write_bytes(text.encode(encoding))
        data = settings(**changes)
        found = read_text(path, data.read, listed_values(data))
        return type_columns(found, data), found.notes

    return read


def column(values: list[str]) -> str:
    """A file with a column x of these values."""
    return "x;y\n" + "".join(f"{value};{'ab'[row % 2]}\n" for row, value in enumerate(values))


def test_a_spanish_export(typed: Read) -> None:
    read = {"separator": ";", "decimal": ",", "thousands": ".", "encoding": "cp1252"}

    table, notes = typed(SPANISH, "cp1252", read=read)

    assert table.to_dict("list") == {
        "región": ["Málaga", "Cádiz"],
        "precio": [1234.56, 2000000.0],
        "y": ["sí", "no"],
    }
    assert notes == []


@pytest.mark.parametrize("thousands", [None, "."])
def test_a_wrong_encoding_says_what_to_set(typed: Read, thousands: str | None) -> None:
    with pytest.raises(ValueError, match=r"data\.csv is not utf-8.*: set read\.encoding, perhaps cp1252"):
        typed(SPANISH, "cp1252", read={"separator": ";", "decimal": ",", "thousands": thousands})


@pytest.mark.parametrize("thousands", [None, ","])
def test_codes_stay_as_written(typed: Read, thousands: str | None) -> None:
    text = "code,lot,day,size,y\n007,3E5,2024-01-02,1,a\n12,400,2024-02-03,2,b\n"

    table, notes = typed(text, read={"thousands": thousands})

    assert table.iloc[0].tolist() == ["007", "3E5", pd.Timestamp("2024-01-02"), 1.0, "a"]
    assert notes == [f"column {name!r} holds codes such as {code!r}, which stay text" for name, code in
                     (("code", "007"), ("lot", "3E5"))]  # fmt: skip


def test_a_file_without_a_header_and_with_its_own_marks_of_missing(typed: Read) -> None:
    table, notes = typed("1, ?,a\n2,b,a\n", read={"names": ["size", "kind", "y"], "missing": ["?", "-9"]})

    assert table["size"].tolist() == [1, 2]
    assert table["kind"].isna().tolist() == [True, False]
    assert notes == ["read.missing: '-9' never occurs"]


def test_spaces_lines_before_the_header_and_empty_columns(typed: Read) -> None:
    table, notes = typed("\ufeffsep=;\n# station 12\n\n a ; b;y;;\n1; x ;a;;\n2;y;b;;\n", read={"separator": ";"})

    assert table.to_dict("list") == {"a": [1.0, 2.0], "b": ["x", "y"], "y": ["a", "b"]}
    assert notes == [
        "skipped 3 lines before the header",
        "skipped column 4, which has neither a name nor a value",
        "skipped column 5, which has neither a name nor a value",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"data\.csv is empty"),
        ("a,y\n1,2\n1,2,3\n", r"data\.csv is not a table separated by ','"),
        ("a,y,a\n1,2,3\n", r"data\.csv has two columns 'a'"),
        ("a;y\n1;2\n", r"has one column, 'a;y', .* it looks separated by ';': set read\.separator"),
        ("a\ty\n1\t2\n", r"it looks separated by '\\t': set read\.separator"),
    ],
)
def test_an_unreadable_file_is_refused(typed: Read, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        typed(text)


@pytest.mark.parametrize(
    ("values", "advice"),
    [
        (["2,6", "11", "3,1"], r"numbers, of which the first is '2,6': set read\.decimal to ','"),
        (["1.234,50", "17,25"], r"set read\.decimal to ',' and read\.thousands to '\.'"),
        (["1,234.50", "17.25", "3,000"], r"set read\.thousands to ','"),
        (["1'234", "17", "5'000'000"], r"""set read\.thousands to "'\""""),
        (["12.5%", "3 %", "7%"], r"list it as \{type: number, unit: '%'\}"),
        (["$12", "$3.50", "n/k"], r"list it as \{type: number, unit: '\$'\}"),
        (["31/01/2020", "01/02/2020"], r"dates, .* first is '31/01/2020': set read\.date_format to '%d/%m/%Y'"),
        (["01/02/2020", "02/03/2020"], r"set read\.date_format to '%d/%m/%Y' or '%m/%d/%Y'"),
        (["31.01.2020 14:30", "01.02.2020 09:00"], r"set read\.date_format to '%d\.%m\.%Y %H:%M'"),
        (["1.234", "17", "5.000", "2.500", "7.250", "9.125"], r"not clear whether '1\.234' is a thousand or a decimal"),
        (["1.234", "5.678", "17.250", "2.500", "9.125"], r"not clear whether '1\.234' is a thousand or a decimal"),
        (["26-11-20", "27-11-20"], r"dates, .* first is '26-11-20': set read\.date_format to '%d-%m-%y'"),
        (["26 de noviembre de 2020", "1 de enero de 2021"], r"set read\.date_format to '%d de %B de %Y'"),
        (["1", "2", "3", "-"], r"if '-' means a missing value, add it to read\.missing"),
        (["1", "2", "n/k"], r"'n/k' in data row 3.*; if it is text, list it under columns"),
    ],
)  # fmt: skip
def test_numbers_and_dates_of_another_place_are_asked_about(typed: Read, values: list[str], advice: str) -> None:
    with pytest.raises(ValueError, match=f"column 'x'.*{advice}"):
        typed(column(values), read={"separator": ";"})


@pytest.mark.parametrize("stray", ["Total", "2021-02-30", "0000-00-00", "24/05/2021"])
def test_a_value_among_dates_that_is_none_is_named(typed: Read, stray: str) -> None:
    days = [f"2021-01-{day:02}" for day in range(1, 29)]
    with pytest.raises(ValueError, match=rf"1 of 29 values are not of type date, the first is '{stray}' in data"):
        typed(column([*days, stray]), read={"separator": ";"})


def test_no_thousand_begins_with_a_zero(typed: Read) -> None:
    with pytest.raises(ValueError, match=r"0\.690"):
        typed(column(["1.234", "0.690", "2.500", "3.125"]), read={"separator": ";", "thousands": ".", "decimal": ","})


def test_what_is_text_stays_text(typed: Read) -> None:
    for values in (["a1", "b2"], ["red", "10 cm", "blue"], ["A-1/2020", "B-2/2"], ["1-2"], ["p17", "p4"], ["v1.2.3"]):
        assert typed(column(values), read={"separator": ";"})[0]["x"].tolist() == values


@pytest.mark.parametrize("kind", ["number", "integer"])
def test_a_unit_is_taken_off(typed: Read, kind: str) -> None:
    table, _ = typed(column(["12 %", "3%"]), read={"separator": ";"}, columns={"x": {"type": kind, "unit": "%"}})

    assert table["x"].tolist() == [12, 3]


def test_another_column_shows_what_the_mark_means(typed: Read) -> None:
    text = "x;z;y\n" + "".join(f"{row + 1}.03{row};0.5;{'ab'[row % 2]}\n" for row in range(6))

    assert typed(text, read={"separator": ";"})[0]["x"].tolist()[:2] == [1.030, 2.031]


def test_a_percentage_may_lack_its_unit(typed: Read) -> None:
    columns = {"x": {"type": "number", "unit": "%"}}

    assert typed(column(["0", "12 %", "3"]), read={"separator": ";"}, columns=columns)[0]["x"].tolist() == [0, 12, 3]


def test_a_fraction_is_no_percentage(typed: Read) -> None:
    with pytest.raises(ValueError, match=r"1 of 3 values are not of type number, the first is '0\.12' in data row 2"):
        typed(column(["12 %", "0.12", "3%"]), read={"separator": ";"}, columns={"x": {"type": "number", "unit": "%"}})


def test_months_in_spanish(typed: Read) -> None:
    days = ["26-nov.-20", "1-dic.-20", "2-ENE-21", "3-feb-21"]
    table, _ = typed(column(days), read={"separator": ";", "date_format": "%d-%b-%y"})

    assert table["x"].dt.strftime("%Y%m%d").tolist() == ["20201126", "20201201", "20210102", "20210203"]


@pytest.mark.parametrize("kind", [None, "integer"])
def test_a_large_number_with_thousands_is_refused_too(typed: Read, kind: str | None) -> None:
    read = {"separator": ";", "decimal": ",", "thousands": "."}
    with pytest.raises(ValueError, match=r"9\.007\.199\.254\.740\.993 in data row 1 is beyond 9007199254740992"):
        columns = {"x": {"type": kind}} if kind else {}
        typed(column(["9.007.199.254.740.993", "1"]), read=read, columns=columns)


@pytest.mark.parametrize(
    ("values", "kind", "message"),
    [
        (["9007199254740993", "1"], None, r"9007199254740993 in data row 1 is beyond 9007199254740992"),
        (["1", "18446744073709500000"], "integer", r"the largest of an integer is 9223372036854775807"),
        (["1.5", "inf"], None, r"'inf' in data row 2 is no finite number"),
        (["1", "2,5"], "number", r"1 of 2 values are not of type number, .*'2,5'"),
        (["1.0", "2.5"], "integer", "not every value is a whole number"),
        (["2024-01-02", "02/13/2024"], "date", r"1 of 2 values are not of type date, .*'02/13/2024'"),
        (["31/01/2024", "01/02/2024"], "date", r"it looks like dates, .*set read\.date_format to '%d/%m/%Y'"),
    ],
)
def test_a_value_that_does_not_fit_is_named(typed: Read, values: list[str], kind: str | None, message: str) -> None:
    with pytest.raises(ValueError, match=rf"column 'x'.*{message}"):
        typed(column(values), read={"separator": ";"}, columns={"x": {"type": kind}} if kind else {})


def test_columns_get_their_types(typed: Read) -> None:
    columns = {"count": {"type": "integer"}, "day": {"type": "date"}, "code": {"type": "category"}}
    large = "9223372036854775807"

    table, _ = typed(f"count,day,code,size,y\n1,2024-01-02,7,1,0\n{large},,x,2,1\n", columns=columns)

    assert table.dtypes.astype(str).tolist() == ["int64", "datetime64[us]", "str", "float64", "str"]
    assert table["count"].tolist() == [1, int(large)]


def test_a_listed_value_is_never_missing(typed: Read) -> None:
    labels = {"y": {"type": "category", "values": ["NA", "ES"]}}

    table, _ = typed("x,y\n1,NA\nNA,ES\n", columns=labels)

    assert table["y"].tolist() == ["NA", "ES"] and table["x"].isna().tolist() == [False, True]


def test_a_date_and_an_hour_are_joined(typed: Read) -> None:
    read = {"join": {"when": ["day", "hour"]}, "date_format": "%d/%m/%Y %H.%M"}

    table, _ = typed("day,hour,y\n10/03/2004,18.00,1\n11/03/2004,19.30,2\n", read=read, time="when")

    assert table["when"].tolist() == [pd.Timestamp("2004-03-10 18:00"), pd.Timestamp("2004-03-11 19:30")]


def test_what_is_joined_already_stays() -> None:
    table = pa.table({"when": ["10/03/2004 18.00"]})

    assert joined(table, {"when": ["day", "hour"]}) is table


def test_cells_of_several_lines_are_counted_and_whole_rows_in_a_cell_refused(typed: Read) -> None:
    assert typed('x,y\n"two\nlines",a\nb,b\n')[1] == ["column 'x': 1 cells have line breaks in them"]
    rows = "".join(f"{row},a,n\n" for row in range(5))
    with pytest.raises(ValueError, match=r"column 'x' holds 7 whole lines in data row 1, .*set read\.quote to null"):
        typed(f'x,y,z\n"6 inch,a,n\n{rows}7 inch",b,n\n')


def test_a_missing_target_names_the_nearest(typed: Read) -> None:
    with pytest.raises(ValueError, match=r"the data have no column 'species'; did you mean 'specie'\?"):
        typed("specie\na\n", target="species")


def test_names_of_any_kind(typed: Read) -> None:
    # An accent of its own, as macOS writes it; names that Python's functions use for themselves.
    table, _ = typed("self,func,an\u0303o,y\n1,2,3,a\n4,5,6,b\n", target="y", columns={"a\u00f1o": {"type": "integer"}})

    assert list(table.columns) == ["self", "func", "a\u00f1o", "y"]


def test_years_are_values_and_words_of_yaml_are_explained(settings: Settings) -> None:
    assert settings(columns={"y": {"type": "category", "values": [2020, 2021]}}).columns["y"].values == ["2020", "2021"]
    with pytest.raises(ValueError, match="YAML reads NO, OFF, FALSE or N as false: write it in quotes"):
        settings(columns={"y": {"type": "category", "values": ["SE", False]}})


def test_a_separator_may_be_a_tab(typed: Read) -> None:
    assert Reading(separator=r"\t") == Reading(separator="\t")
    assert list(typed("x\ty\n1\ta\n", read={"separator": r"\t"})[0].columns) == ["x", "y"]


def test_a_table_of_text_is_all_that_is_typed(settings: Settings) -> None:
    import pyarrow as pa

    found = Text(pa.table({"x": pa.chunked_array([["1", None], ["3"]]), "y": ["a", "b", "a"]}))

    assert type_columns(found, settings())["x"].isna().tolist() == [False, True, False]
