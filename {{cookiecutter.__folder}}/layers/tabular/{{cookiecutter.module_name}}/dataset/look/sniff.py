"""How a file is written: guessed from its first lines and from the columns that they make."""

from __future__ import annotations

import csv
import re
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from ...common.files import files_in
from ...common.table import Reading
from ...tables.files import content, is_excel, is_parquet, sheets
from ...tables.notation import (
    COMPACT,
    DAYS,
    MARKS,
    SHORT,
    TIMES,
    distinct,
    is_compact,
    months_in_english,
    number_pattern,
)
from ...tables.reading import MISSING, NO_ROW, SEPARATORS, lines_before_header, read_text
from .encoding import encoding_of

# Bytes that the encoding and the separator are guessed from.
HEAD = 1 << 20
# Lines that the separator and the header are guessed from.
LINES = 200
ISO = "%Y-%m-%d"
# Names of columns with a time of day that belongs to a day; a duration has another one.
CLOCK = re.compile(r"time|hour|hora|clock|^h$|hh", re.IGNORECASE)
# Texts that people write for a missing value; of the target, the words may be a class.
WORDS = ("unknown", "missing", "desconocido")
NOTHING = ("?", "-", "--", ".", "n/d", "N/D", "s/d", "n/k", "NR", "#DIV/0!", *WORDS)


@dataclass
class Sniffed:
    """Options of reading that differ from the usual ones, each with what made it think so."""

    options: dict[str, Any] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    # Of what may be meant in several ways, those that fit, by what is said of each; the first is set.
    doubts: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    # Texts that stand among the numbers of a column.
    strays: dict[str, list[str]] = field(default_factory=dict)

    def set(self, option: str, value: Any, why: str) -> None:
        """Set an option."""
        self.options[option], self.why[option] = value, why

    def reading(self) -> Reading:
        """The options as a type."""
        return Reading(**self.options)


def sniff(path: Path) -> Sniffed:
    """Guess how a file is written.

    Raises:
        ValueError: it cannot be read at all.
    """
    found = Sniffed()
    if path.is_dir():
        return _folder(path, found)
    if path.stat().st_size == 0:
        raise ValueError(f"{path.name} is empty")
    if not is_parquet(path):
        if is_excel(path):
            _sheet(path, found)
        else:
            head = _head(path)
            _text(head, found)
            if len(head) == HEAD and b"\n" in head and found.options.get("encoding") != "utf-16":
                with tempfile.TemporaryDirectory() as folder:
                    # Whole lines of the beginning, because a large file takes long to read.
                    beginning = Path(folder, path.name)
                    beginning.write_bytes(head[: head.rindex(b"\n") + 1])
                    _notation(read_text(beginning, found.reading(), {}).table, found)
                return found
        _notation(read_text(path, found.reading(), {}).table, found)
    return found


def _folder(path: Path, found: Sniffed) -> Sniffed:
    # The files of a folder are written alike, or cannot be read together.
    files = files_in(path)
    largest = max(files, key=lambda file: file.stat().st_size)
    if len(files) > 1:
        found.set("file_column", "from_file", f"{len(files)} files: which one a row comes from")
    if not is_parquet(largest) and not is_excel(largest):
        _text(_head(largest), found)
    table = read_text(path, found.reading(), {}).table
    _notation(table.drop_columns(["from_file"]) if len(files) > 1 else table, found)
    return found


def _sheet(path: Path, found: Sniffed) -> None:
    cells = sheets(path)
    if len(cells) > 1:
        largest = max(cells, key=lambda name: cells[name])
        found.set("sheet", largest, f"the largest of {len(cells)} sheets: {', '.join(cells)}")


def _head(path: Path) -> bytes:
    written = content(path)
    if isinstance(written, bytes):
        return written[:HEAD]
    with path.open("rb") as stream:
        return stream.read(HEAD)


def _text(head: bytes, found: Sniffed) -> None:
    encoding, why = encoding_of(head, whole=len(head) < HEAD)
    if why:
        found.set("encoding", encoding, why)
    lines = head.decode(encoding, "replace").removeprefix("\ufeff").splitlines()
    lines = lines[:-1] if len(head) == HEAD else lines
    separator, skip, width = _layout(lines)
    if separator != ",":
        found.set("separator", separator, f"{width} fields in nearly every line, separated by {SEPARATORS[separator]}")
    before = [line for line in lines[:skip] if not NO_ROW.match(line)]
    short = _fields(before[-1:], separator)
    if len(before) == 1 and len(short) == 1 and len(short[0]) == width - 1 > 1:
        named = [row[0] for row in _fields(lines[skip : skip + LINES], separator)]
        if any(re.fullmatch(r"\s*[+-]?\d*[.,]\d+\s*", name) for name in named):
            raise ValueError(
                f"the header has {width - 1} fields, most lines have {width}, and the first of them are no numbers of "
                f"rows: put texts that hold {SEPARATORS[separator]} between double quotes, and a quote in them twice"
            )
        found.set("names", ["row", *short[0]], "the header is one field short, as R writes the numbers of rows")
        found.set("skip", skip, "the header is read from the line before")
        return
    if before:
        found.set("skip", skip, f"the lines before the header have other fields, such as {before[0][:40]!r}")
    rows = _fields(lines[skip : skip + LINES], separator)
    if _lacks_header(rows):
        names = [f"x{number}" for number in range(1, len(rows[0]) + 1)]
        found.set("names", names, f"the first line looks like the others: {separator.join(rows[0])[:40]!r}")


def _layout(lines: list[str]) -> tuple[str, int, int]:
    """The separator, how many lines stand before the table, and its number of columns."""
    best = (0.0, ",", 0, 1)
    for separator in SEPARATORS:
        widths = [len(row) for row in _fields(lines[:LINES], separator, empty=True)]
        counted = Counter(width for width in widths if width > 1)
        if not counted:
            continue
        width, often = counted.most_common(1)[0]
        skip = widths.index(width)
        # Of two that fit every line, the one that needs no line skipped, such as a decimal comma; then more columns.
        score = often / max(1, len(widths) - skip) - skip / 100 + width / 1000
        if score > best[0]:
            best = (score, separator, skip, width)
    _, separator, skip, width = best
    return separator, lines_before_header(lines) if width == 1 else skip, width


def _fields(lines: list[str], separator: str, empty: bool = False) -> list[list[str]]:
    """The fields of lines, without empty lines unless they are to be counted; none where a quote is never closed."""
    try:
        return [row for row in csv.reader(lines, delimiter=separator) if row or empty]
    except csv.Error:
        return []


def _lacks_header(rows: list[list[str]]) -> bool:
    """Whether the first row holds values: a number or a date where the others have one too."""
    if len(rows) < 3:
        return False
    value = re.compile(r"\s*[+-]?\d[\d.,/:\s-]*%?\s*$")
    below = [sum(bool(value.match(cell)) for cell in column) for column in zip(*rows[1:], strict=False)]
    numeric = [place for place, count in enumerate(below) if count > 0.8 * (len(rows) - 1)]
    first = [rows[0][place] for place in numeric if place < len(rows[0])]
    years = [int(cell) for cell in first if re.fullmatch(r"\s*\d{4}\s*", cell)]
    if len(years) == len(first) > 1 and years == list(range(years[0], years[0] + len(years))):
        return False
    numbered = [[str(start + place) for place in range(len(rows[0]))] for start in (0, 1)]
    if len(rows[0]) > 2 and [cell.strip() for cell in rows[0]] in numbered:
        # As programs number columns.
        return False
    if _names_words(rows, numeric):
        return False
    values = [cell for cell in first if value.match(cell)]
    return bool(values) and all(value.match(cell) or cell.strip() in (*NOTHING, *MISSING) for cell in first)


def _names_words(rows: list[list[str]], numeric: list[int]) -> bool:
    """Whether the first row holds a word that its column does not repeat, though it repeats others."""
    found = False
    for place, name in enumerate(rows[0]):
        words = [row[place] for row in rows[1:] if place < len(row)]
        if place not in numeric and len(set(words)) <= len(words) / 2:
            if name in words:
                return False
            found = True
    return found


def _notation(table: pa.Table, found: Sniffed) -> None:
    """Marks of numbers, dates and missing values, from the distinct values of each column of text."""
    columns = {
        name: distinct(values)
        for name, values in zip(table.column_names, table.columns, strict=True)
        if pa.types.is_string(values.type)
    }
    columns = {name: values for name, values in columns.items() if values}
    _marks(columns, found)
    number = re.compile(number_pattern(found.options.get("decimal", "."), found.options.get("thousands")))
    others = {name: values for name, values in columns.items() if not all(map(number.fullmatch, values))}
    _dates(others, found)
    days = [name for name, values in columns.items() if is_compact(values)]
    # One format reads all dates of a file.
    others_iso = any(re.match(r"\d{4}-\d{2}-\d{2}", values[0]) for values in others.values())
    if days and "date_format" not in found.options and not others_iso:
        day = days[0]
        found.set("date_format", COMPACT, f"column {day!r}, such as {columns[day][0]!r}")
    stray: Counter[str] = Counter()
    for name, values in others.items():
        texts = [value for value in values if not number.fullmatch(value) and "inf" not in value.lower()]
        # Beside a plus, a minus is a value.
        stray.update(value for value in texts if value in NOTHING and not (value == "-" and "+" in values))
        few = [value for value in texts if value not in (*NOTHING, *MISSING)]
        if len(values) > 4 and 0 < len(few) <= 2 and name not in found.options.get("join", {}):
            found.strays[name] = few
    if stray:
        found.set("missing", list(stray), "usual texts for a missing value")


def _marks(columns: dict[str, list[str]], found: Sniffed) -> None:
    """The marks under which most columns are numbers; thousands need a value that is none without them."""

    def fitting(marks: tuple[str, str | None]) -> float:
        pattern = re.compile(number_pattern(*marks))
        shares = [sum(map(bool, map(pattern.fullmatch, values))) / len(values) for values in columns.values()]
        return sum(share for share in shares if share > 0.8)

    scores = {marks: round(fitting(marks), 6) for marks in MARKS}
    decimal, thousands = max(MARKS, key=lambda marks: (scores[marks], marks[1] is None))
    values = [value for column in columns.values() for value in column]
    commas = [value for value in values if "," in value]
    three = all(re.fullmatch(r"[+-]?[1-9]\d{0,2}(,\d{3})+", value) for value in commas)
    if commas and three and (decimal, thousands) == (",", None) and scores[".", ","] == scores[",", None]:
        fraction, thousand = {"decimal": ","}, {"thousands": ","}
        found.doubts[f"the comma in {commas[0]!r}"] = {"begins a fraction": fraction, "groups thousands": thousand}
    if decimal != ".":
        example = next((value for value in values if re.fullmatch(r"[+-]?[\d.]*,\d+", value)), "")
        found.set("decimal", decimal, f"numbers such as {example!r}")
    if thousands:
        grouped = re.compile(rf"\d{{1,3}}({re.escape(thousands)}\d{{3}})+.*")
        example = next(filter(grouped.fullmatch, values), "")
        found.set("thousands", thousands, f"numbers such as {example!r}")


def _dates(columns: dict[str, list[str]], found: Sniffed) -> None:
    for name, values in columns.items():
        iso = bool(values) and all(re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) for value in values)
        fits = [ISO] if iso else _fitting([day + time for day in DAYS for time in TIMES], values)
        if not fits:
            continue
        clocks = [time.strip() for time in TIMES]
        hours = [(other, form) for other, texts in columns.items() for form in _fitting(clocks, texts)]
        hours = [(other, form) for other, form in hours if CLOCK.search(other)]
        if len(hours) == 1 and not re.search("%[HI]", fits[0]):
            other, hour = hours[0]
            found.set("join", {f"{name} {other}": [name, other]}, "the day in one column, the time of day in the other")
            fits = [f"{form} {hour}" for form in fits]
        if fits != [ISO]:
            found.set("date_format", fits[0], f"column {name!r}, such as {values[0]!r}")
        if len(fits) > 1:
            # Days above 12 tell day and month apart; where there are none, the day first is as likely a guess as any.
            found.doubts[f"the date {values[0]!r}"] = {f"is {form}": {"date_format": form} for form in fits}
        return


def _fitting(forms: list[str], values: list[str]) -> list[str]:
    """The forms in which all values are dates, or times of day."""
    sample = pd.Series(values[:200], dtype="str")
    iso = sample.str.match(r"\d{4}-\d{2}-\d{2}").mean() > 0.9
    if iso or sample.empty or not sample.str.contains(r"\d.*\D.*\d").all():
        return []
    sample = months_in_english(sample)
    if sample.str.contains(r"(?:^|\D)\d(?:\D|$)").any():
        # Of one digit it may be a version, such as 1.2.10.
        forms = [form for form in forms if not form.startswith(SHORT)]
    return [form for form in forms if form and pd.to_datetime(sample, format=form, errors="coerce").notna().all()]
