"""From files to columns of text, as they are written."""

from __future__ import annotations

import codecs
import io
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from ..common.files import files_in
from ..common.table import Reading
from .files import content, is_excel, is_parquet, opened, read_columns, read_excel
from .text import Text

# Bytes of a file that are looked at before it is read.
HEAD = 1 << 16
# Texts that mean a missing value, as pandas and pyarrow read them.
MISSING = frozenset({"", *pyarrow.csv.ConvertOptions().null_values})
# Lines that are no part of a table: empty ones, comments, Excel's "sep=;".
NO_ROW = re.compile(r"\s*$|\s*#|sep=.$")
WHOLE = re.compile(r"[+-]?\d+")
SEPARATORS = {",": "','", ";": "';'", "\t": r"'\t'", "|": "'|'"}


def read_text(path: Path, read: Reading, listed: dict[str, list[str]]) -> Text:
    """Read a file, or all files of a folder, one below the other. Spaces around names and values are no part of them.

    Args:
        path: delimited text, plain or compressed, a workbook or Parquet; or a folder of them.
        read: how they are written.
        listed: for a column, the values that are none of its missing ones, such as a class named NA.

    Raises:
        ValueError: a file is empty or does not match `read`; the message says what to configure.
    """
    found = Text(pa.table({}))
    tables: dict[str, pa.Table] = {}
    for file in files_in(path):
        # Files of one name may lie in several folders.
        name = file.relative_to(path).as_posix() if path.is_dir() else file.name
        table = tables[name] = _read_file(file, read, listed, found)
        if read.file_column:
            tables[name] = table.append_column(read.file_column, pa.chunked_array([pa.repeat(name, len(table))]))
        first = next(iter(tables))
        if set(table.column_names) != set(tables[first].column_names) - {read.file_column}:
            other = sorted(set(table.column_names) ^ (set(tables[first].column_names) - {read.file_column}))
            raise ValueError(f"{name} and {first} differ in their columns: {', '.join(map(repr, other))}")
    names = next(iter(tables.values())).column_names
    try:
        found.table = pa.concat_tables([table.select(names) for table in tables.values()])
    except pa.ArrowInvalid as error:
        raise ValueError(f"the files of {path.name} hold other types: {error}") from None
    if len(tables) > 1:
        found.note(f"{len(tables)} files, one below the other")
    return found.conclude(read)


def _read_file(path: Path, read: Reading, listed: dict[str, list[str]], found: Text) -> pa.Table:
    if path.stat().st_size == 0:
        raise ValueError(f"{path.name} is empty")
    if is_parquet(path):
        return cleaned(path.name, read_columns(path), read, listed, found)
    written = read_excel(path, read) if is_excel(path) else content(path)
    with explaining(path, read):
        skipped = skipped_lines(path, _head(written), read, found)
        table = _read(written, read, skipped)
    # As many ends of lines as rows leave none for a cell; to look into every cell takes as long as reading them.
    if _line_feeds(written) > len(table) + skipped + 1:
        count_line_breaks(path, table, read, found)
    return without_empty_rows(cleaned(path.name, table, read, listed, found), found)


@contextmanager
def explaining(path: Path, read: Reading) -> Iterator[None]:
    """Turn what the reader says of a file into a ValueError that says what to configure."""
    try:
        yield
    except UnicodeError as error:
        raise ValueError(f"{path.name} is not {read.encoding} ({error}): set read.encoding, perhaps cp1252") from None
    except pa.ArrowInvalid as error:
        if "invalid UTF8" in str(error):
            raise ValueError(f"{path.name} is not utf-8: set read.encoding, perhaps cp1252") from None
        if "straddles" in str(error):
            reason = "a row is longer than 1 MB, most likely because a quote opens and none closes"
            raise ValueError(f"{path.name}: {reason}: set read.quote to null") from None
        reason = str(error).partition(" Row:")[0].removeprefix("CSV parse error: ")
        raise ValueError(f"{path.name} is not a table separated by {read.separator!r}: {reason}") from None


def skipped_lines(path: Path, head: bytes, read: Reading, found: Text) -> int:
    """How many lines of a file, whose first bytes are given, stand before its header.

    Raises:
        ValueError: it looks separated by another mark.
    """
    lines = head.decode(read.encoding, "replace").removeprefix("\ufeff").splitlines()
    skipped = lines_before_header(lines) if read.skip is None else read.skip
    _refuse_other_separator(path, lines[skipped] if skipped < len(lines) else "", read)
    if skipped:
        found.note(f"skipped {skipped} lines before the header")
    return skipped


def without_empty_rows(table: pa.Table, found: Text) -> pa.Table:
    """The rows that hold a value; a spreadsheet often exports some of nothing but separators."""
    empty = pa.scalar(True)
    for column in table.columns:
        empty = pc.and_(empty, column.is_null())
        if not pc.any(empty).as_py():
            return table
    kept = table.filter(pc.invert(empty))
    found.empty_rows += len(table) - len(kept)
    return kept


def _read(written: Path | bytes, read: Reading, skipped: int) -> pa.Table:
    reading, parsing = options(read, skipped)
    with pyarrow.csv.open_csv(_opened(written), reading, parsing) as stream:
        converting = as_texts(stream.schema.names)
    return pyarrow.csv.read_csv(_opened(written), reading, parsing, converting)


def options(read: Reading, skipped: int) -> tuple[pyarrow.csv.ReadOptions, pyarrow.csv.ParseOptions]:
    """How pyarrow reads a file, whose first lines are skipped."""
    return pyarrow.csv.ReadOptions(
        encoding=read.encoding, column_names=read.names, skip_rows=skipped
    ), pyarrow.csv.ParseOptions(
        delimiter=read.separator, newlines_in_values=True, quote_char=read.quote or False, double_quote=bool(read.quote)
    )


def as_texts(names: list[str]) -> pyarrow.csv.ConvertOptions:
    """Columns as they are written."""
    return pyarrow.csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, quoted_strings_can_be_null=False
    )


def _opened(written: Path | bytes) -> Path | pa.BufferReader:
    return pa.BufferReader(written) if isinstance(written, bytes) else written


def _head(written: Path | bytes) -> bytes:
    with io.BytesIO(written) if isinstance(written, bytes) else written.open("rb") as stream:
        return stream.read(HEAD)


def says_utf8(path: Path) -> bool:
    """Whether a file of text holds letters beyond ASCII in UTF-8: those of another encoding hardly look like them."""
    if path.is_dir() or is_parquet(path) or is_excel(path):
        return False
    decoder, ascii_alone = codecs.getincrementaldecoder("utf-8")(), True
    with opened(path) as stream:
        try:
            while block := stream.read(HEAD):
                decoder.decode(block)
                ascii_alone = ascii_alone and block.isascii()
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return not ascii_alone


def is_utf8(head: bytes, whole: bool) -> bool:
    """Whether the first bytes of a file are UTF-8; `whole` if they are all, else the last letter may be cut off."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=whole)
    except UnicodeDecodeError:
        return False
    return True


def _line_feeds(written: Path | bytes) -> int:
    if isinstance(written, bytes):
        return written.count(b"\n")
    with written.open("rb") as stream:
        return sum(block.count(b"\n") for block in iter(lambda: stream.read(1 << 22), b""))


def lines_before_header(lines: list[str]) -> int:
    """How many lines stand before the header."""
    skipped = next((number for number, line in enumerate(lines) if not NO_ROW.match(line)), 0)
    # A header may begin with a hash.
    if skipped and lines[skipped - 1].startswith("#") and _fields(lines[skipped - 1]) == _fields(lines[skipped]) > 1:
        skipped -= 1
    return skipped


def _fields(line: str) -> int:
    return 1 + max(map(line.count, SEPARATORS))


def _refuse_other_separator(path: Path, header: str, read: Reading) -> None:
    other = max(SEPARATORS, key=header.count)
    if read.separator not in header and other in header:
        raise ValueError(
            f"{path.name} has one column, {header[:60]!r}, if it is separated by {read.separator!r}; "
            f"it looks separated by {SEPARATORS[other]}: set read.separator"
        )


def count_line_breaks(path: Path, table: pa.Table, read: Reading, found: Text, before: int = 0) -> None:
    """Count cells of several lines. A stray quote makes one of whole rows. `before`: how many rows were read before.

    Raises:
        ValueError: a cell holds whole rows.
    """
    for name, column in zip(table.column_names, table.columns, strict=True):
        broken = pc.match_substring(column, "\n")
        if not (count := pc.sum(broken).as_py()):
            continue
        cells = pc.filter(column, broken)
        separators = len(table.column_names) - 1
        for cell in cells.slice(0, 1000).to_pylist():
            if any(line.count(read.separator) >= separators for line in cell.split("\n")[1:-1]) and separators:
                row = pc.index(column, cell).as_py() + before + 1
                raise ValueError(
                    f"{path.name}: column {name!r} holds {cell.count(chr(10)) + 1} whole lines in data row {row}, "
                    "which a quote opens; if it is only an inch mark, set read.quote to null"
                )
        found.line_breaks[name.strip()] = found.line_breaks.get(name.strip(), 0) + count


def cleaned(where: str, table: pa.Table, read: Reading, listed: dict[str, list[str]], found: Text) -> pa.Table:
    """Names and texts without spaces around them, as `read_text` has them: null where a text means a missing value.

    Raises:
        ValueError: two columns have one name; the message begins with `where`.
    """
    own = {mark.strip() for mark in read.missing}
    columns: dict[str, pa.ChunkedArray] = {}
    for position, (written, column) in enumerate(zip(table.column_names, table.columns, strict=True), 1):
        name = unicodedata.normalize("NFC", written.strip())
        if pa.types.is_string(column.type):  # of Parquet there are others
            values = _stripped(column)
            empty = pc.is_in(values, pa.array(sorted((MISSING | own) - set(listed.get(name, [])))))
            # -200.0 is the number that -200 says.
            for mark in filter(WHOLE.fullmatch, own):
                again = rf"^{re.escape(mark)}{re.escape(read.decimal)}0+$"
                empty = pc.or_(empty, pc.match_substring_regex(values, again))
            if pc.any(empty).as_py():
                texts = pc.unique(pc.filter(values, empty)).to_pylist()
                found.marks |= own & {*texts, *(text.partition(read.decimal)[0] for text in texts)}
                values = pc.if_else(empty, pa.scalar(None, pa.string()), values)
            column = values
        if not name and column.null_count == len(column):
            found.note(f"skipped column {position}, which has neither a name nor a value")
            continue
        if not name:
            name = f"column {position}"
            found.note(f"column {position} has no name: it is called {name!r}")
        if name in columns:
            raise ValueError(f"{where} has two columns {name!r}")
        columns[name] = column
    return pa.table(columns)


def _stripped(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pc.all(pc.string_is_ascii(column)).as_py():
        return pc.ascii_trim_whitespace(column)
    column = pc.utf8_trim_whitespace(column)
    # A letter and its accent in two characters, as macOS writes them, equal those in one. Not pc.utf8_normalize, which
    # writes two for NFC (pyarrow 25).
    coded = pc.dictionary_encode(column).combine_chunks()
    if isinstance(coded, pa.ChunkedArray):  # without rows
        return column
    names = pa.array([unicodedata.normalize("NFC", text) for text in coded.dictionary.to_pylist()], pa.string())
    return pa.chunked_array([names.take(coded.indices)])
