"""Files of other kinds than plain text, and several at once."""

from __future__ import annotations

import datetime as dt
import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from {{ cookiecutter.module_name }}.common.table import Data, Reading
from {{ cookiecutter.module_name }}.tables import pieces
from {{ cookiecutter.module_name }}.tables.columns import type_columns
from {{ cookiecutter.module_name }}.tables.files import sheets
from {{ cookiecutter.module_name }}.tables.reading import read_text

Settings = Callable[..., Data]
ROWS = [["when", "x", "label"], [dt.datetime(2024, 5, 1), 1.5, "a"], [dt.datetime(2024, 5, 2), 2, "b"]]
TEXT = "when,x,label\n2024-05-01,1.5,a\n2024-05-02,2,b\n"


@pytest.fixture
def as_kind(tmp_path: Path) -> Callable[[str], Path]:
    """Write the same table as another kind of file, whatever its name says."""

    def write(kind: str) -> Path:
        path = tmp_path / "data.csv"
        if kind == "gzip":
            path.write_bytes(gzip.compress(TEXT.encode()))
        elif kind == "zip":
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("inner.csv", TEXT)
        elif kind == "excel":
            write_workbook(path)
        elif kind == "parquet":
            pd.DataFrame(ROWS[1:], columns=ROWS[0]).to_parquet(path)
        else:
            path.mkdir()
            for number, line in enumerate(TEXT.splitlines()[1:], 1):
                (path / f"{number}.csv").write_text(f"{TEXT.splitlines()[0]}\n{line}\n")
        return path

    return write


def write_workbook(path: Path) -> None:
    """Write ROWS as the second sheet of a workbook of Excel, in the least that its format asks for."""
    start = dt.datetime(1899, 12, 30)

    def cell(value: object) -> str:
        if isinstance(value, dt.datetime):
            return f'<c s="1"><v>{(value - start).days}</v></c>'
        return f"<c><v>{value}</v></c>" if not isinstance(value, str) else f'<c t="str"><v>{value}</v></c>'

    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    rows = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in ROWS)
    sheets = "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="r{n}"/>' for n in (1, 2))
    links = "".join(f'<Relationship Id="r{n}" Type="{office}/worksheet" Target="worksheets/s{n}.xml"/>' for n in (1, 2))
    with zipfile.ZipFile(path, "w") as book:
        of_types = 'xmlns="http://schemas.openxmlformats.org/package/2006/content-types"'
        default = '<Default Extension="xml" ContentType="text/xml"/>'
        book.writestr("[Content_Types].xml", f"<Types {of_types}>{default}</Types>")
        root = f'<Relationship Id="r0" Type="{office}/officeDocument" Target="xl/workbook.xml"/>'
        book.writestr("_rels/.rels", f'<Relationships xmlns="{package}">{root}</Relationships>')
        book.writestr("xl/workbook.xml", f'<workbook {main} xmlns:r="{office}"><sheets>{sheets}</sheets></workbook>')
        styles = f'<Relationship Id="r3" Type="{office}/styles" Target="styles.xml"/>'
        book.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}">{links}{styles}</Relationships>')
        formats = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
        book.writestr("xl/styles.xml", f"<styleSheet {main}>{formats}</styleSheet>")
        book.writestr("xl/worksheets/s1.xml", f"<worksheet {main}><sheetData/></worksheet>")
        book.writestr("xl/worksheets/s2.xml", f"<worksheet {main}><sheetData>{rows}</sheetData></worksheet>")


@pytest.mark.parametrize("kind", ["gzip", "zip", "parquet", "folder", "excel"])
def test_other_kinds_of_files(as_kind: Callable[[str], Path], settings: Settings, kind: str) -> None:
    data = settings(target="label", read={"sheet": "S2"})

    table = type_columns(read_text(as_kind(kind), data.read, {}), data)

    expected = pd.DataFrame(ROWS[1:], columns=ROWS[0]).astype({"when": "datetime64[us]", "label": "str"})
    pd.testing.assert_frame_equal(table, expected)


@pytest.mark.parametrize("kind", ["gzip", "zip", "parquet", "excel", "folder", "text"])
def test_pieces_are_those_of_the_whole(
    as_kind: Callable[[str], Path], kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pieces, "BLOCK", 60)
    monkeypatch.setattr(pieces, "BLOCKS", 1)
    monkeypatch.setattr(pieces, "ROWS", 1)
    read = Reading(sheet="S2", missing=["-9"], file_column=None if kind == "excel" else "from")
    rows = ["2024-05-01,1.5,a", '2024-05-02,2,"b\n c"', ",,", '2024-05-03, 2 ,"d,\ne"', "4,-9,x"]
    path = tmp_path / "text.csv" if kind == "text" else as_kind(kind)
    if kind == "text":
        path.write_text("\n".join(["# by hand", "when,x,label", *rows]), encoding="utf-8")

    whole = read_text(path, read, {})
    found = [(text.table, text.notes) for text in pieces.read_pieces(path, read, {})]

    assert (len(found) > 1) == (kind in ("parquet", "text"))
    assert pa.concat_tables([table for table, _ in found]).combine_chunks().equals(whole.table.combine_chunks())
    assert found[-1][1] == whole.notes


@pytest.mark.parametrize("kind", ["text", "parquet"])
def test_a_file_without_rows_is_one_piece(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "new"
    path.write_text("a,b\n") if kind == "text" else pd.DataFrame({"a": [], "b": []}).to_parquet(path)

    [found] = pieces.read_pieces(path, Reading(), {})

    assert (found.table.column_names, len(found.table)) == (["a", "b"], 0)


def test_a_quote_that_does_not_close_is_no_endless_row(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pieces, "BLOCK", 100)
    (tmp_path / "new.csv").write_text("a,b\n" + "1,2\n" * 90 + '3,5"\n1,"4\n' + "1,2\n" * 90)

    with pytest.raises(ValueError, match=r"new\.csv: .*quote"):
        list(pieces.read_pieces(tmp_path / "new.csv", Reading(), {}))


def test_a_sheet_that_is_not_there_is_named(as_kind: Callable[[str], Path]) -> None:
    with pytest.raises(ValueError, match=r"data\.csv has no sheet 'S3'; it has 'S1', 'S2'"):
        read_text(as_kind("excel"), Reading(sheet="S3"), {})


def test_each_row_may_name_its_file(as_kind: Callable[[str], Path]) -> None:
    found = read_text(as_kind("folder"), Reading(file_column="file"), {})

    assert found.table["file"].to_pylist() == ["1.csv", "2.csv"]
    assert found.notes == ["2 files, one below the other"]


def test_files_of_one_name_in_several_folders_are_all_read(tmp_path: Path) -> None:
    for year in ("2019", "2020"):
        (tmp_path / "all" / year).mkdir(parents=True)
        (tmp_path / "all" / year / "a.csv").write_text(TEXT, encoding="utf-8")

    table = read_text(tmp_path / "all", Reading(file_column="from"), {}).table

    assert table["from"].to_pylist() == ["2019/a.csv"] * 2 + ["2020/a.csv"] * 2


def test_dates_of_a_workbook_are_written_as_those_of_the_rows_before(as_kind: Callable[[str], Path]) -> None:
    table = read_text(as_kind("excel"), Reading(sheet="S2", date_format="%d/%m/%Y"), {}).table

    assert table["when"].to_pylist() == ["01/05/2024", "02/05/2024"]


def test_files_of_other_columns_are_refused(as_kind: Callable[[str], Path]) -> None:
    folder = as_kind("folder")
    (folder / "3.csv").write_text("when,z\n1,2\n")

    with pytest.raises(ValueError, match=r"3\.csv and 1\.csv differ in their columns: 'label', 'x', 'z'"):
        read_text(folder, Reading(), {})


def test_the_sheets_of_a_workbook_with_their_cells(as_kind: Callable[[str], Path]) -> None:
    assert sheets(as_kind("excel")) == {"S1": 0, "S2": 9}
