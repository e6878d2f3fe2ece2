"""How numbers and dates are written in text, and what to set if they are written in another way."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..common.table import Reading

# Distinct values that are enough to see how a column is written.
SAMPLE = 2000
# Those that are enough to see dates.
DATES = 200
# Rows in which they are looked for.
FIRST = 50_000
# Whole numbers that are rather codes: with a leading zero, or with an exponent but no point.
CODE = r"^[+-]?0\d+$|^\d+[eE]\d+$"
NUMERIC = ("%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y", "%Y/%m/%d", "%d/%m/%y", "%m/%d/%y")
SHORT = ("%d-%m-%y", "%m-%d-%y", "%y-%m-%d", "%d.%m.%y")
COMPACT = "%Y%m%d"
DAYS = (*NUMERIC, *SHORT, "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%d de %B de %Y", "%B %d, %Y")
# Months in Spanish, which Python reads in English.
MONTHS = {"enero": "January", "febrero": "February", "marzo": "March", "abril": "April", "mayo": "May"}
MONTHS |= {"junio": "June", "julio": "July", "agosto": "August", "septiembre": "September", "setiembre": "September"}
MONTHS |= {"octubre": "October", "noviembre": "November", "diciembre": "December"}
MONTHS |= {"ene": "Jan", "feb": "Feb", "mar": "Mar", "abr": "Apr", "may": "May", "jun": "Jun", "jul": "Jul"}
MONTHS |= {"ago": "Aug", "sept": "Sep", "sep": "Sep", "oct": "Oct", "nov": "Nov", "dic": "Dec"}
MONTH = re.compile(rf"\b({'|'.join(MONTHS)})\b\.?", re.IGNORECASE)
TIMES = ("", " %H:%M", " %H:%M:%S", " %H.%M.%S", " %I:%M %p", " %I:%M:%S %p")
# Decimal mark and thousands mark, as the world writes them.
MARKS = [(".", None), (",", None), (".", ","), (",", "."), (".", " "), (",", " "), (".", "'")]
MARKS += [(",", "\u00a0"), (".", "\u00a0"), (",", "\u202f")]
# Values that are looked at for sentences, and the words of one.
SENTENCES, WORDS = 10_000, 8


def number_pattern(decimal: str, thousands: str | None) -> str:
    """The regular expression of a number."""
    point, digits = re.escape(decimal), r"\d+"
    if thousands:
        # No thousand begins with a zero: 0.690 is a fraction.
        digits = rf"[1-9]\d{{0,2}}({re.escape(thousands)}\d{{3}})+|\d+"
    return rf"[+-]?(({digits})({point}\d*)?|{point}\d+)([eE][+-]?\d+)?"


def to_numbers(text: pa.ChunkedArray, read: Reading, unit: str | None = None) -> pa.ChunkedArray:
    """Read text as numbers: float64, null where it is none."""
    if unit == "%":
        # Beside 12 %, 0.12 is hardly a number of the same unit.
        fraction = pc.match_substring_regex(text, rf"^[+-]?0?{re.escape(read.decimal)}\d*[1-9]\d*$")
        text = pc.if_else(fraction, pa.scalar(None, pa.string()), text)
    if unit:
        written = re.escape(unit)
        text = pc.replace_substring_regex(text, rf"^{written}\s*|\s*{written}$", "")
    if read.decimal == "." and not read.thousands:
        try:
            return text.cast(pa.float64())
        except pa.ArrowInvalid:
            pass
    pattern = rf"^({number_pattern(read.decimal, read.thousands)}|[+-]?[iI]nf(inity)?)$"
    text = pc.if_else(pc.match_substring_regex(text, pattern), text, pa.scalar(None, pa.string()))
    if read.thousands:
        text = pc.replace_substring(text, read.thousands, "")
    text = pc.replace_substring(text, read.decimal, ".")
    return pc.replace_substring_regex(text, r"^\+", "").cast(pa.float64())


def is_code(text: pa.ChunkedArray, numbers: pa.ChunkedArray) -> bool:
    """Whether what reads as whole numbers are codes: 01000, or 3E5 among numbers without a point."""
    if not pc.all(pc.equal(pc.floor(numbers), numbers)).as_py():
        return False
    codes = pc.any(pc.match_substring_regex(text, CODE)).as_py()
    return bool(codes) and not pc.any(pc.match_substring(text, ".")).as_py()


def inexact(text: pa.ChunkedArray, numbers: pa.ChunkedArray, thousands: str | None) -> tuple[int, str] | None:
    """The first row, from 0, and text of a whole number that float64 does not hold exactly; None if there is none."""
    large = pc.fill_null(pc.greater_equal(pc.abs(numbers), 2.0**53), False)
    if not pc.any(large).as_py():
        return None
    for row in np.flatnonzero(large.to_numpy()):
        written = text[int(row)].as_py()
        whole = written.replace(thousands, "") if thousands else written
        if re.fullmatch(r"[+-]?\d+", whole) and int(whole) != int(float(whole)):
            return int(row), written
    return None


def to_dates(text: pd.Series, read: Reading) -> pd.Series:
    """Read text as times in UTC, NaT where it is none: an offset is subtracted, a time without one stays as written."""
    form = read.date_format or "ISO8601"
    text = months_in_english(text) if re.search("%[bB]", form) else text
    dates = pd.to_datetime(text, errors="coerce", format=form, utc=True)
    return dates.dt.tz_localize(None).astype("datetime64[us]")


def months_in_english(text: pd.Series) -> pd.Series:
    """Texts with the names of Spanish months, whole or short, in English."""
    return text.str.replace(MONTH, lambda found: MONTHS[found[1].lower()], regex=True)


def advice(text: pa.ChunkedArray, read: Reading) -> str | None:
    """What to set for a column of text that is mostly numbers or dates, written in another way; None if it is not."""
    values = distinct(text)
    if not values:
        return None
    for kind in (_other_marks, _unit, _other_dates):
        if found := kind(values, read):
            return found
    return None


def distinct(text: pa.ChunkedArray) -> list[str]:
    """Distinct values of a column's first rows, without missing ones."""
    found = pc.unique(text.slice(0, FIRST).drop_null())[:SAMPLE].to_pylist()
    return [value for value in found if value]


def is_prose(text: pa.ChunkedArray) -> bool:
    """Whether the values are sentences: of the first ones, half have eight words or more, and few occur twice."""
    values = text.drop_null()[:SENTENCES]
    if len(values) == 0 or pc.count_distinct(values).as_py() <= len(values) / 2:
        return False
    return bool(np.median(pc.count_substring_regex(values, r"\S+").to_numpy()) >= WORDS)


def _share(values: list[str], pattern: str) -> float:
    return sum(bool(re.fullmatch(pattern, value)) for value in values) / len(values)


def _other_marks(values: list[str], read: Reading) -> str | None:
    written = [marks for marks in MARKS if marks[1] is None or any(marks[1] in value for value in values)]
    shares = {marks: _share(values, number_pattern(*marks)) for marks in written}
    best = max(shares.values())
    if best <= 0.5:
        return None
    fitting = [marks for marks, share in shares.items() if share == best]
    if (read.decimal, read.thousands) in fitting:
        return None
    # A column in which every comma stands before three digits says nothing about what it means.
    simplest = [marks for marks in fitting if marks[1] is None] + [marks for marks in fitting if marks[1]]
    return "numbers, of which the first is " + f"{values[0]!r}: " + " or ".join(_settings(simplest[:2], values, read))


def _settings(fitting: list[tuple[str, str | None]], values: list[str], read: Reading) -> Iterator[str]:
    for decimal, thousands in fitting:
        changes = []
        if decimal != read.decimal and any(decimal in value for value in values):
            changes.append(f"read.decimal to {decimal!r}")
        if thousands != read.thousands:
            changes.append(f"read.thousands to {thousands!r}" if thousands else "read.thousands to null")
        if changes:
            yield "set " + " and ".join(changes)


def _unit(values: list[str], read: Reading) -> str | None:
    if not (unit := unit_of_values(values, read)):
        return None
    return f"numbers with a unit, of which the first is {values[0]!r}: list it as {{type: number, unit: {unit!r}}}"


def unit_of_values(values: list[str], read: Reading) -> str | None:
    """The unit that stands beside most values of a column; None if there is none."""
    number = number_pattern(read.decimal, read.thousands)
    # Letters before a number are rather a name, such as p17.
    pattern = rf"(?P<before>[$€£¥₹])?\s*{number}\s*(?P<after>[^\d\s.,+-][^\d\s]{{0,9}})?"
    found: dict[str, int] = {}
    for value in values:
        match = re.fullmatch(pattern, value)
        if match and bool(match["before"]) != bool(match["after"]):
            unit = match["before"] or match["after"]
            found[unit] = found.get(unit, 0) + 1
    unit = max(found, key=lambda name: found[name], default="")
    return unit if unit and found[unit] / len(values) > 0.5 else None


def _other_dates(values: list[str], read: Reading) -> str | None:
    sample = pd.Series(values[:DATES], dtype="str")
    if not sample.str.contains(r"\d").mean() > 0.5:
        return None
    sample, shares = months_in_english(sample), {}
    for form in (day + time for day in DAYS for time in TIMES):
        shares[form] = pd.to_datetime(sample, format=form, errors="coerce").notna().mean()
    best = max(shares.values())
    if best <= 0.5:
        return None
    forms = [form for form, share in shares.items() if share == best][:2]
    return f"dates, of which the first is {values[0]!r}: set read.date_format to " + " or ".join(map(repr, forms))


def mostly_dates(text: pa.ChunkedArray, read: Reading) -> bool:
    """Whether more than half of the different values are dates as they are read."""
    values = pd.Series(distinct(text)[:DATES], dtype="str")
    if read.date_format is None:
        values = values.where(values.str.match(r"\d{4}-\d{2}-\d{2}"))
    return bool(len(values)) and bool(to_dates(values, read).notna().mean() > 0.5)


def maybe_grouped(text: pa.ChunkedArray, read: Reading, shown: bool) -> str | None:
    """The first text such as 1.234 of a column in which the decimal mark may separate thousands; None if it does not.

    Whole numbers below 1000 stand beside numbers of which each has three digits behind its mark; or all have, in a file
    whose fields are separated as where a comma begins a fraction, unless another column has `shown` a fraction.
    """
    if read.thousands:
        return None
    values = distinct(text)
    marked = [value for value in values if read.decimal in value]
    grouped = all(re.fullmatch(rf"[+-]?[1-9]\d{{0,2}}{re.escape(read.decimal)}\d{{3}}", value) for value in marked)
    likely = len(marked) < len(values) or (read.decimal == "." and read.separator == ";" and not shown)
    return marked[0] if grouped and likely and len(marked) >= 5 else None


def shows_fraction(text: pa.ChunkedArray, read: Reading) -> bool:
    """Whether one of the first values is a number that has other than three digits behind its mark."""
    fraction = rf"^[+-]?\d+{re.escape(read.decimal)}(\d{{1,2}}|\d{{4,}})$"
    return bool(pc.any(pc.match_substring_regex(text.slice(0, SAMPLE), fraction)).as_py())


def is_compact(values: list[str]) -> bool:
    """Whether all values are days such as 20201126."""
    days = pd.Series(values, dtype="str")
    alike = days.str.fullmatch(r"(19|20)\d{6}").all()
    return bool(len(days) > 4 and alike and pd.to_datetime(days, format=COMPACT, errors="coerce").notna().all())
