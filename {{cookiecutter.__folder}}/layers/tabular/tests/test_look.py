"""Look: what it asks and says of files as people have them, and the configuration that it writes."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from {{ cookiecutter.module_name }}.common.paths import CONFIGS
from {{ cookiecutter.module_name }}.dataset.look import __main__ as look
from {{ cookiecutter.module_name }}.dataset.look import sample, writing

ROWS = range(60)
Look = Callable[..., tuple[int, str, dict[str, Any]]]


def lines(header: str, row: Callable[[int], str]) -> str:
    """A file of text."""
    return "\n".join([*filter(None, [header]), *map(row, ROWS)]) + "\n"


@pytest.fixture
def looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Look:
    """Look at a text in a copy of the project's configuration; returns status, what is said, and what is written."""
    shutil.copytree(CONFIGS, tmp_path / "configs")
    (tmp_path / "data" / "external").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setattr(writing, "CONFIGS", str(tmp_path / "configs"))
    monkeypatch.setattr(writing, "ROOT", tmp_path)

    def run(text: str, *arguments: str) -> tuple[int, str, dict[str, Any]]:
        (tmp_path / "elsewhere" / "Mis peces.csv").write_text(text, encoding="utf-8")
        (tmp_path / "data" / "external" / "Mis peces.csv").write_text(text, encoding="utf-8")
        status = look.main([str(tmp_path / "data/external/Mis peces.csv"), *arguments])
        said = capsys.readouterr()
        written = tmp_path / "configs" / "data" / "mis_peces.yaml"
        return status, said.out + said.err, yaml.safe_load(written.read_text("utf-8")) if written.is_file() else {}

    return run


FISH = lines(
    "id;especie;largo;fecha;peso",
    lambda row: f"{row};{'ab'[row % 2]};{row % 7},5;{row % 28 + 1}/02/2020;{row},5",
)


def test_it_writes_what_make_train_needs(looked: Look, tmp_path: Path) -> None:
    status, said, written = looked(FISH, "--target", "peso")

    assert status == 0 and "wrote configs/data/mis_peces.yaml (regression: 60 different numbers)" in said, said
    assert "peso     number    target" in said and "the rows are dated by 'fecha'" in said
    assert (written["target"], written["task"], written["id"]) == ("peso", "regression", "id")
    assert written["read"] == {"separator": ";", "decimal": ",", "date_format": "%d/%m/%Y"}
    config = (tmp_path / "configs" / "config.yaml").read_text(encoding="utf-8")
    assert "  - data: mis_peces\n" in config and "\nfile: data/external/Mis peces.csv\n" in config
    assert "# Every random number" in config


@pytest.mark.parametrize(
    ("target", "task", "said"),
    [
        (lambda row: f"{row}.5 €", "regression", "regression: 60 different numbers"),
        (lambda row: f"2020-01-{row % 28 + 1:02}", None, "the target is a time: only numbers and classes are"),
    ],
    ids=["a number with a unit", "a date"],
)
def test_a_target_with_a_unit_or_a_date(
    looked: Look, target: Callable[[int], str], task: str | None, said: str
) -> None:
    status, told, written = looked(lines("a,y", lambda row: f"{row % 7},{target(row)}"), "--target", "y")
    assert said in told and (status, written.get("task")) == (0 if task else 2, task), told


@pytest.mark.parametrize(
    ("value", "id_"),
    [
        (lambda row: f"$8{row:02},{row:03}.06", None),
        (lambda row: f"{row}{'kg' if row % 2 else ' g'}", None),
        (lambda row: f"{row // 60:02}:{row % 60:02}", None),
        (lambda row: f"{12345600 + row}Z", "code"),
        (lambda row: f"192.168.10.{row}", "code"),
    ],
    ids=["money", "two units", "a clock", "a number with a letter", "an address"],
)
def test_what_names_a_row_is_no_amount(looked: Look, value: Callable[[int], str], id_: str | None) -> None:
    text = lines("code,b,y", lambda row: f'"{value(row)}",{row % 7},{row * 7 % 31}')
    status, said, written = looked(text, "--target", "y")
    assert (status, written["id"]) == (0, id_), said


def test_a_class_may_be_called_unknown(looked: Look) -> None:
    text = lines("a,b,y", lambda row: f"{row % 7},{row or 'unknown'},{('cat', 'dog', 'unknown')[row % 3]}")
    assert looked(text, "--target", "y", "--missing", "unknown")[2]["columns"] == {}
    status, said, written = looked(text, "--target", "y")
    assert status == 0 and "classification: 3 classes" in said, said
    assert written["read"] == {"missing": ["unknown"]}
    assert written["columns"] == {"y": {"type": "category", "values": ["cat", "dog", "unknown"]}}


def test_two_texts_for_missing_are_said_at_once(looked: Look) -> None:
    marks = {7: "#VALUE!", 9: "#REF!"}
    text = lines("a,y", lambda row: f"{marks.get(row, row / 8)},{row}")
    assert "look again with MISSING='#VALUE!|#REF!'" in looked(text, "--target", "y")[1]
    status, said, written = looked(text, "--target", "y", "--missing", "#VALUE!|#REF!")
    assert status == 0 and written["read"]["missing"] == ["#VALUE!", "#REF!"], said


def test_a_text_with_the_separator_is_no_name_of_a_row(looked: Look) -> None:
    text = lines("a,name,y", lambda row: f"{row}.5,'Smith, J',{row}")
    status, said, written = looked(text, "--target", "y")
    assert (status, written) == (2, {}) and "put texts that hold ',' between double quotes" in said, said


@pytest.mark.parametrize(
    ("name", "slug"), [("2024", "table_2024"), ("no", "table_no"), ("null", "table_null"), ("Año 1", "ano_1")]
)
def test_a_file_is_named_as_hydra_reads_it(name: str, slug: str) -> None:
    assert writing.slug(Path(f"{name}.csv")) == slug


def test_a_link_is_copied_under_the_name_of_its_file(
    looked: Look, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outside = tmp_path.parent / f"{tmp_path.name} outside"
    outside.mkdir()
    (outside / "a.csv").write_text(FISH, encoding="utf-8")
    (outside / "link.csv").symlink_to("a.csv")
    assert look.main([str(outside / "link.csv"), "--target", "peso"]) == 0, capsys.readouterr()
    assert (tmp_path / "data/external/a.csv").read_text(encoding="utf-8") == FISH


def test_it_asks_for_the_target_and_names_the_nearest(looked: Look) -> None:
    status, said, written = looked(FISH)
    assert (status, written) == (2, {}) and "make look FILE=... TARGET=NAME" in said and "especie" in said
    assert "there is no column 'pesos'; did you mean 'peso'?" in looked(FISH, "--target", "pesos")[1]


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (lines("a,y", lambda row: f"{row % 3},{'ab'[row % 2]}"), "54 of 60 rows equal an earlier one"),
        (lines("a,y", lambda row: f"{-200 if row % 9 == 0 else row / 60},{'ab'[row % 2]}"), "again with MISSING=-200"),
        (lines("patient,a,y", lambda row: f"p{row // 5},{row * 7 % 31},{'ab'[row % 2]}"), "group: patient (a guess"),
        (lines("a,b,y", lambda row: f"{row % 2},{row * 7 % 31},{'ab'[row % 2]}"), "column 'a' alone predicts the"),
        (lines("a,b,y", lambda row: f"{'xz'[row % 2]},{row},{row * 2}") + "Total,1770,3540\n", "'Total' as 'a': take"),
        (lines("d,y", lambda row: f"{row % 28 + 1:02}/02/{row % 60 + 8:02},{row}.5"), "'d' has dates in the future"),
        (lines("a,y", lambda row: f"{row},{'NA' if row % 2 else 'ES'}"), "if NA is a class, list it under columns"),
    ],
    ids=["duplicates", "a mark", "a group", "a leak", "a total", "days in the future", "a class named NA"],
)
def test_it_says_what_should_be_decided(looked: Look, text: str, note: str) -> None:
    assert note in looked(text, "--target", "y")[1]


def test_of_a_large_file_whole_rows_of_several_places_are_looked_at(
    looked: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample, "WHOLE", 1600)
    monkeypatch.setattr(sample, "PLACE", 100)
    rows = [f"{row},{row * 7 % 101},{'ab'[row >= 900]}" for row in range(1000)]
    (tmp_path / "large.csv").write_text("\n".join(["n,x,y", *rows]) + "\n", encoding="utf-8")

    with sample.sampled(tmp_path / "large.csv") as (file, part):
        taken = file.read_text(encoding="utf-8").splitlines()

    assert part == "19% of the file, from 16 places" and taken[0] == "n,x,y"
    assert set(taken[1:]) <= set(rows) and len(set(taken)) == len(taken)
    assert {line[-1] for line in taken[1:]} == {"a", "b"} and taken[-1] == rows[-1]
    status, said, written = looked("\n".join(["n,x,y", *rows]) + "\n", "--target", "y")
    assert status == 0 and "looked at 19% of the file" in said and written["id"] == "n"


def test_a_cell_that_the_sample_cuts_is_read_with_the_whole_file(looked: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "WHOLE", 160)
    monkeypatch.setattr(sample, "PLACE", 10)
    text = lines("a,b,y", lambda row: f'{row},"one\ntwo\nthree",{"ab"[row % 2]}')

    status, said, _ = looked(text, "--target", "y")

    assert status == 0 and "column 'b': 60 cells have line breaks" in said


def test_what_a_person_wrote_stays(looked: Look, tmp_path: Path) -> None:
    looked(FISH, "--target", "peso", "--time=none")
    path = tmp_path / "configs" / "data" / "mis_peces.yaml"
    mine = "columns:\n  largo: {type: number, maximum: 9}  # mine\nnote: Mine.\n"
    path.write_text(path.read_text(encoding="utf-8").replace("columns: {}\n", mine), encoding="utf-8")

    status, _, written = looked(FISH, "--target", "peso", "--id=none")

    assert status == 0 and written["id"] is None and mine in path.read_text(encoding="utf-8")
    path.write_text(path.read_text(encoding="utf-8").replace("peces.csv", "otros.csv"), encoding="utf-8")
    assert "reads another table: give this one a name, NAME=mis_peces_2" in looked(FISH, "--target", "peso")[1]


def test_one_column_has_one_role(looked: Look) -> None:
    years = lines("year,x,y", lambda row: f"{1900 + row},{row * 7 % 31},{row}.5")
    status, said, _ = looked(years, "--target", "y")
    assert status == 0 and "id: year (a guess; another one, or none: look again with ID=)" in said
    assert looked(years, "--target", "y", "--time=year")[2]["id"] is None
    assert "column 'y' cannot be group too: it is the target" in looked(years, "--target", "y", "--group=y")[1]


COMMAS = lines("a;y", lambda row: f"{row + 1},{100 + row};{row}")
DATES = lines("day,y", lambda row: f"{row % 12 + 1:02}/{row % 7 + 1:02}/2020,{row}.5")


@pytest.mark.parametrize(
    ("text", "answers", "said", "columns"),
    [
        (lines("a,y", lambda row: f"{row % 9 if row % 9 else '<0.5'},{row}.5"), (), "MISSING='<0.5' if it means", None),
        (lines("a,y", lambda row: f"{row % 9 if row % 9 else '<0.5'},{row}.5"), ("--text=a",), "", {"a": "category"}),
        (lines("a,y", lambda row: f"{row % 9}.5%,{row}.5"), (), "column 'a' holds numbers in %", {"a": "number"}),
        (lines("a,y", lambda row: f"{2**60 + row},{row}.5"), ("--id=none",), "read as codes", {"a": "category"}),
        (COMMAS, (), "with DECIMAL=',' if it begins a fraction, THOUSANDS=',' if it groups thousands", None),
        (COMMAS, ("--thousands=,",), "read.thousands", {}),
        (DATES, ("--decimal=,",), "DATE_FORMAT='%d/%m/%Y' if it is %d/%m/%Y, DATE_FORMAT='%m/%d/%Y'", None),
        (DATES, ("--date-format=%m/%d/%Y",), 'read.date_format: "%m/%d/%Y"', {}),
    ],
    ids=["a stray", "text", "a unit", "long codes", "a comma", "a comma, said", "a date", "a date, said"],
)
def test_what_is_not_clear(
    looked: Look, text: str, answers: tuple[str, ...], said: str, columns: dict[str, str] | None
) -> None:
    status, told, written = looked(text, "--target", "y", "--duplicates=keep", *answers)

    assert said in told and (status == 0) == (columns is not None), told
    if columns is not None:
        assert {name: column["type"] for name, column in written["columns"].items()} == columns


def test_files_that_are_damaged_are_refused_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"a,b\n1,2\n" * 100)[:-9])
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 and no more")
    for name in ("a.csv.gz", "a.zip"):
        assert look.main([str(tmp_path / name), "--target", "b"]) == 2
        assert "cannot be unpacked" in capsys.readouterr().err
    assert look.main([str(tmp_path / "b.csv")]) == 2 and "there is no" in capsys.readouterr().err


def test_test_rows_of_their_own_are_found(
    looked: Look, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("elsewhere") / "seeds"
    folder.mkdir()
    for name in ("seeds_train.csv", "seeds_test.csv"):
        (folder / name).write_text(lines("a;y", lambda row: f"{row},5;{'ab'[row % 2]}"), encoding="utf-8")

    assert look.main([str(folder), "--target", "y", "--duplicates=keep"]) == 0

    assert sorted(path.name for path in (tmp_path / "data/external/seeds").iterdir()) == [
        "seeds_test.csv",
        "seeds_train.csv",
    ]
    written = yaml.safe_load((tmp_path / "configs/data/seeds.yaml").read_text("utf-8"))
    assert written["source"]["path"] == "data/external/seeds"
    assert written["read"] == {"separator": ";", "decimal": ",", "file_column": "from_file"}
    given = (tmp_path / "configs/split/given.yaml").read_text(encoding="utf-8")
    assert "\ncolumn: from_file\n" in given and '\ntest: ["seeds_test.csv"]\n' in given and "# The test rows" in given
    assert "  - split: given\n" in (tmp_path / "configs/config.yaml").read_text(encoding="utf-8")
    # A second look leaves the choice.
    assert look.main([str(folder), "--target", "y", "--duplicates=drop"]) == 0
    assert "  - split: given\n" in (tmp_path / "configs/config.yaml").read_text(encoding="utf-8")
    marked = lines("a,part,y", lambda row: f"{row},{['Train', 'Test'][row % 2]},{row // 2 % 2}")
    assert "the test rows are those with 'Test' as 'part'" in looked(marked, "--target", "y")[1]


def test_nothing_to_predict(looked: Look) -> None:
    status, said, written = looked(lines("a,y", lambda row: f"{row},5"), "--target", "y")

    assert (status, written) == (2, {}) and "only one value in 'y'" in said
