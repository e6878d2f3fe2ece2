"""The command line of look."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ...common.strict import nearest
from ...common.table import Data
from ...tables.cleaning import duplicated_rows, likely_mark
from ...tables.columns import joined, type_columns
from ...tables.overview import described, overview
from ...tables.reading import Text, read_text
from .questions import agrees, ask, somebody
from .roles import group_of, id_of, task_of, time_of, warnings
from .sample import sampled
from .sniff import Sniffed, sniff
from .writing import bring, choose, chosen_split, renew, slug, write_config, write_dictionary

NONE = "none"


def main(arguments: Sequence[str] | None = None) -> int:
    """Look at a file; returns the exit status: 0, 2 where something has to be said by the caller first."""
    parser = argparse.ArgumentParser(
        prog="python -m MODULE.dataset.look",
        description="Look at your own table. What no option says is asked at a terminal, else guessed and told.",
    )
    parser.add_argument("file", type=Path, help="delimited text, plain or compressed, a workbook, Parquet")
    parser.add_argument("--target", help="the column to predict; without it, the columns are shown")
    parser.add_argument("--task", choices=["classification", "regression"])
    parser.add_argument("--missing", action="append", default=[], metavar="TEXT", help="means a missing value")
    parser.add_argument("--duplicates", choices=["keep", "drop"], help="rows that equal others")
    parser.add_argument("--time", help=f"the column that orders the rows, {NONE} for no such column")
    parser.add_argument("--group", help=f"the column of rows that belong together, {NONE} for no such column")
    parser.add_argument("--name", help="of the file in configs/data/ (default: from the table's)")
    options = parser.parse_args(arguments)
    try:
        return look(options)
    except (ValueError, OSError) as error:
        print(f"look: {error}", file=sys.stderr)
        return 2


def look(options: argparse.Namespace) -> int:
    """Guess, show, ask, and, where the target is known, write the configuration."""
    if not options.file.is_file():
        raise ValueError(f"there is no file {options.file}")
    with sampled(options.file) as (file, part):
        try:
            found, text = understood(file, options.missing)
        except ValueError:
            if not part:
                raise
            # A cell of several lines lies where the sample was cut.
            file, part = options.file, ""
            found, text = understood(file, options.missing)
        if part:
            print(f"looked at {part}; counts are of these rows, and make train checks them all")
        return decide(file, options, found, text)


def understood(file: Path, missing: list[str]) -> tuple[Sniffed, Text]:
    """How a file is written, and its columns of text; `missing` are further texts for a missing value."""
    found = sniff(file)
    if missing:
        found.set("missing", [*found.options.get("missing", []), *missing], "as you said")
    for option, forms in found.doubts.items():
        found.options[option] = ask(f"{option}: {found.why[option]}: {' or '.join(forms)}?", forms, forms[0])
        if not somebody():
            print(f"note: {option} may also be {' or '.join(forms[1:])}: correct it in configs/data/ if so")
    return found, read_text(file, found.reading(), {})


def decide(file: Path, options: argparse.Namespace, found: Sniffed, text: Text) -> int:
    """Show what was understood, settle the target, and go on."""
    for option, why in found.why.items():
        print(f"read.{option}: {json.dumps(found.options[option], ensure_ascii=False)}    ({why})")
    names = joined(text.table, settings(found, "", "")).column_names
    if options.target is None and not somebody():
        show(text, settings(found, "", ""))
        print("say which column is to be predicted: make look FILE=... TARGET=NAME", file=sys.stderr)
        return 2
    if options.target is None:
        show(text, settings(found, "", ""))
        last = next(name for name in reversed(text.table.column_names) if name in names)
        options.target = ask("which column is to be predicted?", names, last)
    for option in ("target", "time", "group"):
        name = getattr(options, option)
        if name not in (None, NONE, *names):
            raise ValueError(f"there is no column {name!r}; {nearest(name, names)}")
    return configure(file, options, found, text)


def show(text: Text, data: Data) -> None:
    """Print the table of columns."""
    print(*text.notes, overview(described(type_columns(text, data), data)), sep="\n")


def configure(file: Path, options: argparse.Namespace, found: Sniffed, text: Text) -> int:
    """Settle what the columns are for, and write it."""
    task, why = (options.task, "as you said") if options.task else asked_task(options.target, text, found)
    data = settings(found, options.target, task)
    table = type_columns(text, data)
    if marks := asked_marks(table):
        found.set("missing", [*found.options.get("missing", []), *marks], "as you said")
        data = settings(found, options.target, task)
        table = type_columns(read_text(file, found.reading(), {}), data)
    data = with_roles(table, data, options)
    columns = described(table, data)
    print(*dict.fromkeys(text.notes), overview(columns), sep="\n")
    duplicates = options.duplicates or asked_duplicates(table, data)
    data = data.model_copy(update={"clean": data.clean.model_copy(update={"duplicates": duplicates})})
    for line in warnings(table, data):
        print(f"note: {line}")
    if table[data.target].nunique() < 2:
        raise ValueError(f"only one value in {data.target!r}: there is nothing to predict")
    place, name = bring(options.file), options.name or slug(options.file)
    if renew(name, place):
        choose(name, place, None)
        print(f"a new version of the file: in configs/data/{name}.yaml only its hash changed; next: make train")
        return 0
    write_config(name, place, found, data, why)
    split = "time" if data.time else "grouped" if data.group else None
    if split is None and chosen_split() in ("time", "grouped"):
        split = "stratified"
    choose(name, place, split)
    if dictionary := write_dictionary(name, columns):
        print(f"wrote {dictionary}: say there what each column means")
    print(f"wrote configs/data/{name}.yaml ({task}: {why})")
    print(f"chose it in configs/config.yaml, with split={chosen_split()}; next: make train")
    return 0


def settings(found: Sniffed, target: str, task: str) -> Data:
    """The settings of configs/data/ as far as they are known. Without a target they only type the columns."""
    clean = {"duplicates": "ask", "missing": "keep", "out_of_range": "refuse"}
    source: dict[str, Any] = {"kind": "file", "url": None, "mirrors": [], "path": None, "sha256": None}
    roles: dict[str, Any] = {"id": None, "group": None, "time": None}
    known = {"source": source, "read": found.options, "target": target, "clean": clean, "columns": {}}
    return Data.model_validate({**known, **roles, "task": task or "classification"}).model_copy(update={"task": task})


def asked_task(target: str, text: Text, found: Sniffed) -> tuple[str, str]:
    """The task and why; a person is asked where whole numbers may be classes."""
    values = text.table[target]
    task, why, doubt = task_of(values, found.reading())
    if doubt and somebody():
        task = ask(f"{target!r} holds {why}: classification or regression?", ["classification", "regression"], task)
        return task, "as you said"
    return task, why + (": say TASK=classification if they are classes" if doubt else "")


def asked_marks(table: pd.DataFrame) -> list[str]:
    """Numbers that a person says to mean a missing value."""
    marks = []
    for name in table.columns if somebody() else ():
        if pd.api.types.is_float_dtype(table[name]) and (mark := likely_mark(table[name].to_numpy())):
            question = f"column {name!r}: does {mark[0]:g}, which occurs {mark[1]} times, mean a missing value?"
            if f"{mark[0]:g}" not in marks and agrees(question, default=True):
                marks.append(f"{mark[0]:g}")
    return marks


def with_roles(table: pd.DataFrame, data: Data, options: argparse.Namespace) -> Data:
    """The settings with id, time and group: as said, as answered, or as guessed."""
    data = data.model_copy(update={"id": id_of(table, data.target)})
    roles: dict[str, str | None] = {}
    for role, guess, question in (
        ("time", time_of, "the rows are in the order of {!r}: is the model to predict later rows from earlier ones?"),
        ("group", group_of, "column {!r} repeats: do its rows belong together, so that the test needs other ones?"),
    ):
        name, said = getattr(options, role), guess(table, data)
        if name is None and said and not any(roles.values()):
            name = said if agrees(question.format(said), default=True) else NONE
            if not somebody():
                print(f"{role}: {name} (a guess; another one, or {NONE}: look again with {role.upper()}=)")
        roles[role] = None if name == NONE else name
    return data.model_copy(update=roles)


def asked_duplicates(table: pd.DataFrame, data: Data) -> str:
    """What a person says of rows that equal others; "ask" if there is nobody, or no such row."""
    count = int(duplicated_rows(table, data).sum()) if somebody() else 0
    if not count:
        return "ask"
    question = f"{count} of {len(table)} rows equal an earlier one: keep them (observations), or drop them (copies)?"
    return ask(question, ["keep", "drop"], "keep")


if __name__ == "__main__":
    sys.exit(main())
