"""The command line of look."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...common.files import sha256, write_text
from ...common.paths import CONFIGS, ROOT
from ...common.strict import nearest
from ...common.table import Data
from ...tables.columns import type_columns
from ...tables.overview import described, overview
from ...tables.reading import read_text
from .roles import id_of, task_of, warnings
from .sniff import Sniffed, sniff

EXTERNAL = Path("data/external")
# Bytes up to which a file from elsewhere is copied into the project; git hosts refuse files of 100 MB.
SMALL = 50 * 2**20


def main(arguments: Sequence[str] | None = None) -> int:
    """Look at a file; returns the exit status: 0, 2 where something has to be said by the caller first."""
    parser = argparse.ArgumentParser(prog="python -m MODULE.dataset.look", description="Look at your own table.")
    parser.add_argument("file", type=Path, help="delimited text, plain or compressed, a workbook, Parquet")
    parser.add_argument("--target", help="the column to predict; without it, the columns are shown")
    parser.add_argument("--task", choices=["classification", "regression"])
    parser.add_argument("--missing", action="append", default=[], metavar="TEXT", help="means a missing value")
    parser.add_argument("--name", help="of the file in configs/data/ (default: from the table's)")
    options = parser.parse_args(arguments)
    try:
        return look(options)
    except (ValueError, OSError) as error:
        print(f"look: {error}", file=sys.stderr)
        return 2


def look(options: argparse.Namespace) -> int:
    """Guess, show, and, where the target is known, write the configuration."""
    if not options.file.is_file():
        raise ValueError(f"there is no file {options.file}")
    found = sniff(options.file)
    if options.missing:
        found.set("missing", [*found.options.get("missing", []), *options.missing], "as you said")
    for option, why in found.why.items():
        print(f"read.{option}: {json.dumps(found.options[option], ensure_ascii=False)}    ({why})")
    text = read_text(options.file, found.reading(), {})
    if options.target is None:
        # Any column will do to show them all.
        data = settings(found, text.table.column_names[-1], "classification").model_copy(update={"target": ""})
        print(overview(described(type_columns(text, data.model_copy(update={"task": ""})), data)))
        print("say which column is to be predicted: make look FILE=... TARGET=NAME", file=sys.stderr)
        return 2
    if options.target not in text.table.column_names:
        hint = nearest(options.target, text.table.column_names)
        raise ValueError(f"there is no column {options.target!r}; {hint}")
    task, why = (options.task, "as you said") if options.task else task_of(text.table[options.target], found.reading())
    data = settings(found, options.target, task)
    table = type_columns(text, data)
    print(*text.notes, overview(described(table, data)), sep="\n")
    data = data.model_copy(update={"id": id_of(table, data.target)})
    for line in warnings(table, data):
        print(f"note: {line}")
    if table[data.target].nunique() < 2:
        raise ValueError(f"only one value in {data.target!r}: there is nothing to predict")
    place = bring(options.file)
    name = options.name or slug(options.file)
    write_config(name, place, found, data, f"{task}: {why}")
    print(f"wrote configs/data/{name}.yaml ({task}: {why}) and chose it in configs/config.yaml; next: make train")
    return 0


def settings(found: Sniffed, target: str, task: str) -> Data:
    """The settings of configs/data/ as far as they are known."""
    clean = {"duplicates": "ask", "missing": "keep", "out_of_range": "refuse"}
    source: dict[str, Any] = {"kind": "file", "url": None, "mirrors": [], "path": None, "sha256": None}
    roles: dict[str, Any] = {"id": None, "group": None, "time": None}
    known = {"source": source, "read": found.options, "task": task, "target": target, "clean": clean, "columns": {}}
    return Data.model_validate({**known, **roles})


def bring(file: Path) -> str:
    """The path of the file as the project names it; a small one from elsewhere is copied into data/external."""
    file = file.resolve()
    if file.is_relative_to(ROOT):
        return file.relative_to(ROOT).as_posix()
    if file.stat().st_size > SMALL:
        print(f"note: {file} stays where it is: whoever reproduces the project needs it there")
        return file.as_posix()
    copy = ROOT / EXTERNAL / file.name
    if copy.exists() and sha256(copy) != sha256(file):
        raise ValueError(f"{EXTERNAL / file.name} is another file: rename one of them")
    shutil.copyfile(file, copy)
    print(f"copied to {EXTERNAL / file.name}")
    return (EXTERNAL / file.name).as_posix()


def slug(file: Path) -> str:
    """A name for a file in configs/data/."""
    plain = unicodedata.normalize("NFKD", file.stem).encode("ascii", "ignore").decode().lower()
    return re.sub(r"\W+", "_", plain).strip("_") or "table"


def write_config(name: str, place: str, found: Sniffed, data: Data, task: str) -> None:
    """Write configs/data/NAME.yaml, and choose it in configs/config.yaml; comments there stay."""
    target = Path(CONFIGS) / "data" / f"{name}.yaml"
    said = {**found.why, "task": task.partition(": ")[2]}
    lines = [f"# {Path(place).name}, as make look found it. The keys are explained in csv.yaml.", "source:"]
    source: dict[str, Any] = {"kind": "file", "url": None, "mirrors": [], "path": place, "sha256": sha256(ROOT / place)}
    lines += [f"  {key}: {_yaml(value)}" for key, value in source.items()]
    lines += ["read:" if found.options else "read: {}"]
    lines += [f"  {key}: {_yaml(value)}  # {said[key]}" for key, value in found.options.items()]
    lines += [f"task: {data.task}  # {said['task']}", f"target: {_yaml(data.target)}"]
    lines += [f"{role}: {_yaml(getattr(data, role))}" for role in ("id", "group", "time")]
    lines += ["clean: {duplicates: ask, missing: keep, out_of_range: refuse}", "columns: {}", ""]
    write_text(target, "\n".join(lines))
    config = Path(CONFIGS) / "config.yaml"
    text = re.sub(r"(?m)^  - data: .*$", f"  - data: {name}", config.read_text(encoding="utf-8"))
    write_text(config, re.sub(r"(?m)^file: .*$", lambda _: f"file: {_yaml(place)}", text))


def _yaml(value: Any) -> str:
    """A value as YAML reads it: plain where that is safe, else as JSON."""
    words = ("null", "true", "false", "yes", "no", "on", "off", "y", "n")
    plain = isinstance(value, str) and re.fullmatch(r"[A-Za-z_][\w ./-]*", value) and value.lower() not in words
    return str(value) if plain else json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main())
