"""How two contents of an output compare: what agrees under which rule, in every form that can be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from probado.prove.compare import compare
from probado.prove.difference import describe
from probado.repository.rule import parse_rule

Write = Callable[[Path], object]


def table(rows: dict[str, list[Any]], index: list[str] | None = None, **more: Any) -> Write:
    return lambda path: pd.DataFrame(rows, index=index).to_parquet(path, **more)


def text(content: str) -> Write:
    return lambda path: path.write_text(content)


def picture(values: Any, **more: Any) -> Write:
    return lambda path: Image.fromarray(np.array(values)).save(path, **more)


def frames(*values: int) -> Write:
    pictures = [Image.fromarray(np.full((4, 4), value, np.uint8)) for value in values]
    return lambda path: pictures[0].save(path, save_all=True, append_images=pictures[1:])


def arrays(how: Callable[..., None], **named: Any) -> Write:
    return lambda path: how(path, **named)


def broken(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04 cut short")


CELL = {"cell_type": "code", "id": "a", "execution_count": 1, "metadata": {}, "source": "1+1", "outputs": []}
CASES: dict[str, tuple[str, Any, Write, Write, bool, str]] = {
    "JSON in other order": ("a.json", "content", text('{"a": 1, "b": 2}'), text('{"b":2,"a":1.0}'), True, ""),
    "a truth is no number": ("a.json", "content", text('{"a": true}'), text('{"a": 1}'), False, "a holds other"),
    "an empty object": ("a.json", "content", text('{"a": {}}'), text("{}"), False, "in one of the two"),
    "a key with a dot": ("a.json", "content", text('{"a.b": 1}'), text('{"a": {"b": 1}}'), False, "in one"),
    "JSON lines": ("a.json", "content", text("{}\n{}"), text("{}\n{}\n"), False, "JSONDecodeError"),
    "CSV of text": ("a.csv", "content", text("a\n001\n"), text("a\n1\n"), False, "a holds other values"),
    "CSV in other quotes": ("a.csv", "content", text("a,b\n1,x\n"), text('a,b\r\n1,"x"\r\n'), True, ""),
    "a column within its own tolerance": (
        "a.csv",
        {"columns": {"score": {"atol": 0.01}}},
        text("id,score\n1,.5\n"),
        text("id,score\n1,.505\n"),
        True,
        "off by 0.005",
    ),
    "the others are exact": (
        "a.csv",
        {"columns": {"score": {"atol": 0.01}}},
        text("id,score\n1,.5\n"),
        text("id,score\n2,.5\n"),
        False,
        "id is off by up to 1",
    ),
    "whole numbers beyond floating point": (
        "a.parquet",
        "content",
        table({"id": [2**53]}),
        table({"id": [2**53 + 1]}),
        False,
        "id is off",
    ),
    "a table in another compression": (
        "a.parquet",
        "content",
        table({"a": [1.5]}),
        table({"a": [1.5]}, compression="gzip"),
        True,
        "",
    ),
    "an index": (
        "a.parquet",
        "content",
        table({"a": [1]}, index=["u"]),
        table({"a": [1]}, index=["v"]),
        False,
        "index holds other values",
    ),
    "arrays within a tolerance": (
        "a.npz",
        {"rtol": 0.001},
        arrays(np.savez, x=np.ones(3)),
        arrays(np.savez_compressed, x=np.ones(3) * 1.0005),
        True,
        "off by 0.0005",
    ),
    "a broken archive": ("a.npz", "content", broken, arrays(np.savez, x=np.ones(3)), False, "could not be compared"),
    "pixels in another file": (
        "a.png",
        "content",
        picture(np.full((4, 4), 7, np.uint8)),
        picture(np.full((4, 4), 7, np.uint8), compress_level=0),
        True,
        "",
    ),
    "pixels of sixteen bits": (
        "a.png",
        "content",
        picture(np.full((4, 4), 1000, np.uint16)),
        picture(np.full((4, 4), 2000, np.uint16)),
        False,
        "pixels of frame 0 is off by up to 1e+03",
    ),
    "a second frame": ("a.tiff", "content", frames(1, 2), frames(1, 3), False, "pixels of frame 1"),
    "a notebook run again": (
        "a.ipynb",
        "content",
        text(json.dumps({"cells": [CELL]})),
        text(json.dumps({"cells": [{**CELL, "id": "b", "execution_count": 2}]})),
        True,
        "",
    ),
    "results inside a notebook": (
        "a.ipynb",
        "content",
        text(json.dumps({"cells": [{**CELL, "outputs": [{"data": {"id": 1}}]}]})),
        text(json.dumps({"cells": [{**CELL, "outputs": [{"data": {"id": 2}}]}]})),
        False,
        "data.id is off",
    ),
    "a metric in its interval": (
        "a.json",
        "interval",
        text('{"m": {"value": 0.8, "low": 0.7, "high": 0.9}}'),
        text('{"m": {"value": 0.85, "low": 0.75, "high": 0.92}}'),
        True,
        "1 metrics within",
    ),
    "a metric outside": (
        "a.json",
        "interval",
        text('{"m": {"value": 0.8, "low": 0.7, "high": 0.9}}'),
        text('{"m": {"value": 0.95, "low": 0.9, "high": 0.99}}'),
        False,
        "not between 0.7 and 0.9",
    ),
    "an interval that holds anything": (
        "a.json",
        "interval",
        text('{"m": {"value": 0.8, "low": 0.7, "high": 0.9}}'),
        text('{"m": {"value": 0.8, "low": -99, "high": 99}}'),
        False,
        "low and high are",
    ),
    "a metric of text": (
        "a.json",
        "interval",
        text('{"m": {"value": 0.8, "low": 0.7, "high": 0.9}}'),
        text('{"m": {"value": "0.8", "low": 0.7, "high": 0.9}}'),
        False,
        "are not all numbers",
    ),
    "what cannot be read": ("a.bin", "content", text("a"), text("b"), False, "no values can be read"),
}


@pytest.mark.parametrize("case", CASES)
def test_contents(case: str, tmp_path: Path) -> None:
    name, declared, committed, found, agree, said = CASES[case]
    here, there = tmp_path / "committed" / name, tmp_path / "found" / name
    for path, write in ((here, committed), (there, found)):
        path.parent.mkdir()
        write(path)
    result = compare(here, there, parse_rule(declared))
    assert result.agree is agree, result.detail
    assert said in result.detail


@pytest.mark.parametrize("declared", ["content", {"rtol": 0.1}])
def test_cells_that_hold_lists_are_compared_without_a_crash(declared: Any, tmp_path: Path) -> None:
    here, there = tmp_path / "a.parquet", tmp_path / "b.parquet"
    table({"a": [[1, 2], [3]]})(here)
    table({"a": [[1, 2], [4]]})(there)
    assert not compare(here, there, parse_rule(declared)).agree
    assert describe(here, there)
