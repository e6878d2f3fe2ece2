"""The command line of look."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from ...common.strict import nearest
from ...common.table import Column, Data
from ...tables.columns import joined, listed_values, type_columns
from ...tables.overview import described, overview
from ...tables.reading import read_text
from ...tables.text import Text
from .questions import ask, somebody
from .roles import warnings
from .sample import sampled
from .settle import (
    NONE,
    SAID,
    classes_with_a_word,
    columns_of,
    decide_doubts,
    given_marks,
    own_test,
    settings,
    split_of,
    task_for,
    with_cleaning,
    with_roles,
)
from .sniff import Sniffed, sniff
from .writing import Existing, bring, choose, chosen_split, existing, place_of, slug, write_config, write_dictionary

READING = ("decimal", "thousands", "date_format")
ANSWERS = ("task", "missing", "text", "duplicates", "time", "group", "id", *READING)


def main(arguments: Sequence[str] | None = None) -> int:
    """Look at a file; returns the exit status: 0, 2 where something has to be said by the caller first."""
    parser = argparse.ArgumentParser(
        prog="python -m MODULE.dataset.look",
        description="Look at your own table. What no option says is asked at a terminal, else guessed and told.",
    )
    parser.add_argument("file", type=Path, help="text, plain or compressed, a workbook, Parquet; or a folder of them")
    parser.add_argument("--target", help="the column to predict; without it, the columns are shown")
    parser.add_argument("--task", choices=["classification", "regression"])
    parser.add_argument("--missing", action="append", default=[], metavar="A|B", help="texts for a missing value")
    parser.add_argument("--text", action="append", default=[], metavar="COLUMN", help="holds text")
    parser.add_argument("--duplicates", choices=["keep", "drop"], help="rows that equal others")
    parser.add_argument("--time", help=f"the column that orders the rows, {NONE} for no such column")
    parser.add_argument("--group", help=f"the column of rows that belong together, {NONE} for no such column")
    parser.add_argument("--id", help=f"the column that names the rows, {NONE} for no such column")
    parser.add_argument("--decimal", help="the mark before a fraction")
    parser.add_argument("--thousands", help="the mark between thousands")
    parser.add_argument("--date-format", help="how dates are written, such as %%d/%%m/%%Y")
    parser.add_argument("--name", help="of the file in configs/data/ (default: from the table's)")
    options = parser.parse_args(arguments)
    try:
        return look(options)
    except (ValueError, OSError) as error:
        print(f"look: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("look: stopped", file=sys.stderr)
    return 2


def look(options: argparse.Namespace) -> int:
    """Guess, show, ask, and, where the target is known, write the configuration."""
    if not options.file.exists():
        raise ValueError(f"there is no {options.file}")
    name = options.name or slug(options.file)
    before = existing(name, place_of(options.file))
    said = any(getattr(options, answer) for answer in ANSWERS)
    if before and not said and options.target in (None, before.data.target) and before.renew():
        choose(name, before.place, split_of(before.data), None)
        print(f"a new version of the file: in configs/data/{name}.yaml only its hash changed; next: make train")
        return 0
    with sampled(options.file) as (file, part):
        try:
            found, text = understood(file, options, before)
        except ValueError:
            if not part:
                raise
            # A cell of several lines lies where the sample was cut.
            file, part = options.file, ""
            found, text = understood(file, options, before)
        if part:
            print(f"looked at {part}; counts are of these rows, and make train checks them all")
        return decide(file, name, options, found, text, before)


def understood(file: Path, options: argparse.Namespace, before: Existing | None) -> tuple[Sniffed, Text]:
    """How a file is written, and its columns of text."""
    found = sniff(file)
    known = before.data.read.model_dump(exclude_unset=True) if before else {}
    decide_doubts(found, known | {option: value for option in READING if (value := getattr(options, option))})
    for option in READING:
        if value := getattr(options, option):
            found.set(option, value, SAID)
    if options.thousands and not options.decimal:
        found.options.pop("decimal", None)
    if options.missing:
        marks = [mark for text in options.missing for mark in text.split("|")]
        found.set("missing", [*found.options.get("missing", []), *marks], SAID)
    return found, read_text(file, found.reading(), {})


def decide(
    file: Path, name: str, options: argparse.Namespace, found: Sniffed, text: Text, before: Existing | None
) -> int:
    """Show what was understood, settle what the columns are for, and write it."""
    for option, why in found.why.items():
        if option in found.options:
            print(f"read.{option}: {json.dumps(found.options[option], ensure_ascii=False)}    ({why})")
    if len(text.table) == 0:
        raise ValueError(f"{options.file.name} has a header and no rows")
    names = joined(text.table, settings(found, "", "").read.join).column_names
    for said in (options.target, options.time, options.group, options.id, *options.text):
        if said not in (None, NONE, *names):
            raise ValueError(f"there is no column {said!r}; {nearest(said, names)}")
    columns = before.data.columns if before else {}
    columns = {**columns, **columns_of(text.table, found, options.text)}
    if options.target is None:
        show(text, settings(found, "", "", columns))
        if not somebody():
            print("say which column is to be predicted: make look FILE=... TARGET=NAME", file=sys.stderr)
            return 2
        last = next(name for name in reversed(text.table.column_names) if name in names)
        options.target = ask("which column is to be predicted?", names, last)
    if classes := classes_with_a_word(file, found, options.target):
        print(f"note: the target has the classes {', '.join(classes)}: if one means a missing value, say MISSING=")
        columns[options.target] = Column(type="category", values=classes)
        text = read_text(file, found.reading(), {options.target: classes})
    task, why = task_for(options.target, options.task, text, found)
    data = settings(found, options.target, task, columns)
    table = type_columns(text, data)
    if marks := given_marks(table):
        found.set("missing", [*found.options.get("missing", []), *marks], SAID)
        data = settings(found, options.target, task, columns)
        table = type_columns(read_text(file, found.reading(), listed_values(data)), data)
    data = with_roles(table, data, {role: getattr(options, role) for role in ("id", "time", "group")}, before)
    shown = described(table, data)
    print(*dict.fromkeys(text.notes), overview(shown), sep="\n")
    data = with_cleaning(table, data, options.duplicates, before)
    for line in warnings(table, data):
        print(f"note: {line}")
    if table[data.target].nunique() < 2:
        raise ValueError(f"only one value in {data.target!r}: there is nothing to predict")
    marked = own_test(table, data) if before is None else None
    place = bring(options.file)
    write_config(name, place, found, data, why, before)
    choose(name, place, "given" if marked else split_of(data), marked)
    if dictionary := write_dictionary(name, shown):
        print(f"wrote {dictionary}: say there what each column means")
    print(f"wrote configs/data/{name}.yaml ({task}: {why})")
    print(f"chose it in configs/config.yaml, with split={chosen_split()}; next: make train")
    return 0


def show(text: Text, data: Data) -> None:
    """Print the table of columns."""
    print(*text.notes, overview(described(type_columns(text, data), data)), sep="\n")


if __name__ == "__main__":
    sys.exit(main())
