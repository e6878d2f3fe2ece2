"""Which kind of file holds a table, and its columns: text as it is written, or typed where the file has types."""

from __future__ import annotations

import datetime
import gzip
import io
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from ..common.table import Reading

GZIP, ZIP, PARQUET, EXCEL_97 = b"\x1f\x8b", b"PK\x03\x04", b"PAR1", b"\xd0\xcf\x11\xe0"


def content(path: Path) -> Path | bytes:
    """What can be read as a table: the file, or what is compressed in it.

    Raises:
        ValueError: an archive holds several files, or is damaged.
    """
    if not is_packed(path):
        return path
    with opened(path) as inside:
        return inside.read()


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """A file with what is in it: the file itself, or for a while one of the same name in a folder of its own.

    Raises:
        ValueError: an archive holds several files, or is damaged.
    """
    if not is_packed(path):
        yield path
        return
    with TemporaryDirectory() as folder:
        with opened(path) as inside, Path(folder, path.name).open("wb") as written:
            shutil.copyfileobj(inside, written, 1 << 20)
        yield Path(folder, path.name)


def is_packed(path: Path) -> bool:
    """Whether a file is compressed, or an archive of files."""
    start = beginning(path)
    return start.startswith(GZIP) or (start.startswith(ZIP) and not is_excel(path))


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """What is in a file, unpacked while it is read.

    Raises:
        ValueError: an archive holds several files, or is damaged, also while it is read.
    """
    try:
        if not is_packed(path):
            with path.open("rb") as file:
                yield file
        elif beginning(path).startswith(GZIP):
            with gzip.open(path) as inside:
                yield cast(BinaryIO, inside)
        else:
            with zipfile.ZipFile(path) as archive, archive.open(_only_file(path.name, archive)) as member:
                yield cast(BinaryIO, member)
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
        raise ValueError(f"{path.name} cannot be unpacked ({error}): fetch it again") from None


def _only_file(where: str, archive: zipfile.ZipFile) -> str:
    names = [name for name in archive.namelist() if not name.endswith("/") and not name.startswith("__MACOSX")]
    if len(names) != 1:
        raise ValueError(f"{where} holds {len(names)} files, {', '.join(names[:5])}: unpack it")
    return names[0]


def beginning(path: Path) -> bytes:
    """The first bytes of a file."""
    with path.open("rb") as stream:
        return stream.read(8)


def is_excel(path: Path) -> bool:
    """Whether a file is a workbook of Excel or LibreOffice."""
    start = beginning(path)
    if start.startswith(EXCEL_97):
        return True
    if not start.startswith(ZIP):
        return False
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(name in ("xl/workbook.xml", "xl/workbook.bin", "content.xml") for name in archive.namelist())


def is_parquet(path: Path) -> bool:
    """Whether a file is one of Parquet."""
    return beginning(path).startswith(PARQUET)


def read_excel(path: Path, read: Reading) -> bytes:
    """One sheet of a workbook as delimited text: numbers with all digits and the configured mark, dates as ISO 8601.

    Raises:
        ValueError: it cannot be read, or there is no such sheet.
    """
    import csv

    workbook = _workbook(path)
    sheet = read.sheet or workbook.sheet_names[0]
    if sheet not in workbook.sheet_names:
        raise ValueError(f"{path.name} has no sheet {sheet!r}; it has {', '.join(map(repr, workbook.sheet_names))}")
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=read.separator, quotechar=read.quote or '"', lineterminator="\n")
    writer.writerows([[_cell(value, read) for value in row] for row in workbook.get_sheet_by_name(sheet).to_python()])
    return stream.getvalue().encode(read.encoding)


def sheets(path: Path) -> dict[str, int]:
    """The sheets of a workbook, each with its number of cells.

    Raises:
        ValueError: it cannot be read.
    """
    workbook = _workbook(path)
    found = {name: workbook.get_sheet_by_name(name) for name in workbook.sheet_names}
    return {name: sheet.height * sheet.width for name, sheet in found.items()}


def _workbook(path: Path) -> Any:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        # Not by its path, whose ending may be any.
        return CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes()))
    except CalamineError as error:
        raise ValueError(f"{path.name} cannot be read as a workbook: {error}") from None


def _cell(value: Any, read: Reading) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return (repr(int(value)) if value == int(value) else repr(value)).replace(".", read.decimal)
    if isinstance(value, datetime.date) and read.date_format:
        # The rows before them may have been text.
        return value.strftime(read.date_format)
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else str(value)


def read_columns(path: Path) -> pa.Table:
    """The columns of a Parquet file: text, numbers, whole numbers, times.

    Raises:
        ValueError: a column holds lists or the like.
    """
    return plain(pq.read_table(path))


def plain(table: pa.Table) -> pa.Table:
    """A table of Parquet as `read_columns` has it."""
    columns = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        columns[name] = _plain(name, column)
    return pa.table(columns)


def _plain(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plain(name, column.cast(kind.value_type))
    if pa.types.is_boolean(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return column.cast(pa.string())
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return column.cast(pa.timestamp("us"), safe=False)
    if pa.types.is_decimal(kind) or pa.types.is_floating(kind):
        return column.cast(pa.float64())
    if not (pa.types.is_string(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind)):
        raise ValueError(f"column {name!r} holds {kind}: only text, numbers and times can be read")
    return column
