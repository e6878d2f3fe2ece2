"""Look: how files as people have them are written, guessed from their beginning."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from {{ cookiecutter.module_name }}.dataset.look.sniff import sniff

ROWS = range(60)
WINDOWS = ["plaza\u00a0mayor", "León", "a…b", "Málaga"]


def lines(header: str, row: Callable[[int], str]) -> str:
    """A file of text."""
    return "\n".join([*filter(None, [header]), *map(row, ROWS)]) + "\n"


GUESSED: dict[str, tuple[str | bytes, dict[str, Any]]] = {
    "plain": (lines("a,y", lambda row: f"{row}.5,{row}"), {}),
    "Spanish": (
        lines("año;precio;y", lambda row: f"señal;{row + 1}.{100 + row},50;{row}").encode("cp1252"),
        {"encoding": "cp1252", "separator": ";", "decimal": ",", "thousands": "."},
    ),
    "tabs and a decimal comma": (lines("a\ty", lambda row: f"{row},5\t{row}"), {"separator": "\t", "decimal": ","}),
    "thousands": (lines("a;y", lambda row: f"{row + 1},{100 + row}.25;{row}"), {"separator": ";", "thousands": ","}),
    "dates": (lines("day,y", lambda row: f"{row % 28 + 1:02}/02/2020,{row}"), {"date_format": "%d/%m/%Y"}),
    "American dates": (lines("day,y", lambda row: f"02/{row % 28 + 1:02}/2020,{row}"), {"date_format": "%m/%d/%Y"}),
    "ISO dates": (lines("day,y", lambda row: f"2020-02-{row % 28 + 1:02},{row}"), {}),
    "a mark of missing": (lines("a, y", lambda row: f"{row or '?'}, {row}"), {"missing": ["?"]}),
    "a mark among words": (lines("a,y", lambda row: f"{'-' if row % 3 else 'red'},{row}"), {"missing": ["-"]}),
    "numbers as names": (lines("0,1,2", lambda row: f"{row}.1,.{row % 7},{row * 3}"), {}),
    "a year among names": (lines("country,2020,class", lambda row: f"{'EU'[row % 2]},{row}.2,{'ab'[row % 2]}"), {}),
    "a minus beside a plus": (lines("a,y", lambda row: f"{'+-'[row % 2]},{row}"), {}),
    "comments": (lines("# a, b\n# c\na,b,y", lambda row: f"{row},{row % 3},{row}"), {}),
    "a title": (lines("Report of May\n\na,b,y", lambda row: f"{row},{row % 3},{row}"), {"skip": 2}),
    "no header": (lines("", lambda row: f"{row},{row % 7}.5"), {"names": ["x1", "x2"]}),
    "infinite": (lines("a,y", lambda row: f"{row or 'inf'},{row}"), {}),
    "codes": (lines("zip,y", lambda row: f"0{row:03},{row}"), {}),
    "no header, a blank line": (lines("", lambda row: f"{row},{row}.5") + "\n", {"names": ["x1", "x2"]}),
    "a header of years": (lines("2001,2002,2003", lambda row: f"{row},{row},{row}"), {}),
    "a header one field short": (
        lines('"a" "b"'.replace(" ", ","), lambda row: f'"{row + 1}",{row},{row % 7}'),
        {"names": ["row", "a", "b"], "skip": 1},
    ),
    "a duration": (lines("day,duration,y", lambda row: f"2020-01-{row % 28 + 1:02},01:{row:02},{row}"), {}),
    "a day and an hour": (
        lines("day,hour,y", lambda row: f"2020-01-{row % 28 + 1:02},{row % 24:02}:00,{row}"),
        {"join": {"day hour": ["day", "hour"]}, "date_format": "%Y-%m-%d %H:%M"},
    ),
    "days without marks": (lines("day,y", lambda row: f"202002{row % 28 + 1:02},{row}"), {"date_format": "%Y%m%d"}),
    "Spanish months": (
        lines("día,y", lambda row: f"{row % 28 + 1} de {('enero', 'abril')[row % 2]} de 2020,{row}"),
        {"date_format": "%d de %B de %Y"},
    ),
    "short Spanish months": (
        lines("d,y", lambda row: f"{row % 28 + 1:02}-{('ene', 'dic.')[row % 2]}-20,{row}"),
        {"date_format": "%d-%b-%y"},
    ),
    "a word for missing": (lines("a,y", lambda row: f"{row or 'unknown'},{row}"), {"missing": ["unknown"]}),
    "DOS": (lines("a,y", lambda row: f"León,{row}").encode("cp850"), {"encoding": "cp850"}),
    "a Mac": (lines("a,y", lambda row: f"Málaga,{row}").encode("mac_roman"), {"encoding": "mac_roman"}),
    "central Europe": (lines("a,y", lambda row: f"Białystok,{row}").encode("cp1250"), {"encoding": "cp1250"}),
    "Cyrillic": (lines("a,y", lambda row: f"Москва,{row}").encode("cp1251"), {"encoding": "cp1251"}),
    "Windows, with spaces that do not break": (
        lines("a,y", lambda row: f"{WINDOWS[row % 4]},{row}").encode("cp1252"),
        {"encoding": "cp1252"},
    ),
    "versions": (lines("a,y", lambda row: f"1.{row % 12 + 1}.{row % 28 + 1},{row}"), {}),
    "days without marks beside times": (
        lines("when,day,y", lambda row: f"2020-02-{row % 28 + 1:02}T10:00:00,202002{row % 28 + 1:02},{row}"),
        {},
    ),
    "UTF-16": (lines("a,y", lambda row: f"señal,{row}").encode("utf-16"), {"encoding": "utf-16"}),
}


@pytest.mark.parametrize(("text", "options"), GUESSED.values(), ids=GUESSED)
def test_it_guesses_how_a_file_is_written(tmp_path: Path, text: str | bytes, options: dict[str, Any]) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)

    found = sniff(path)

    assert found.options == options and set(found.why) == set(options)


def test_a_letter_that_the_beginning_cuts_is_no_windows(tmp_path: Path) -> None:
    for shift in range(4):
        text = "a,y\n" + "x" * shift + "\n".join(f"жжжжжжжжжжж,{row}" for row in range(50_000))
        (tmp_path / "large.csv").write_text(text, encoding="utf-8")
        assert sniff(tmp_path / "large.csv").options == {}
