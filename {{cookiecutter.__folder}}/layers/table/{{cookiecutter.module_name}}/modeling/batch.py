"""Predict for a file of any size: piece by piece, and on where an interrupted run stopped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from tqdm import tqdm

from .resumable import Resumable

if TYPE_CHECKING:
    from .predict import Predictor


class BadRow(ValueError):
    """A row cannot be used, and the caller asked to stop there."""


def predict_file(predictor: Predictor, source: Path, target: Path, stop: bool = False, explain: bool = False) -> None:
    """Write the predictions for a file, and beside them the rows that cannot be used, with their reasons.

    Args:
        predictor: the model.
        source: the rows.
        target: where the predictions go.
        stop: whether a row that cannot be used stops it.
        explain: also write what each prediction rests on.

    Raises:
        BadRow: a row stops it; nothing is written.
        ValueError: the file cannot be read, or a column is missing; nothing is written.
    """
    if not source.is_file():
        raise ValueError(f"there is no file {source}")
    bad, explained = (target.with_name(f"{target.stem}.{kind}.csv") for kind in ("bad_rows", "explanations"))
    of = source.stat()
    made_from = [str(source.resolve()), of.st_size, of.st_mtime_ns, predictor.sha256, explain]
    notes: list[str] = []
    unseen: dict[str, set[str]] = {}
    shown = "{desc} {bar} {percentage:.0f} % {remaining}"
    bar = tqdm(total=100, desc=source.name, bar_format=shown, delay=1, disable=None)
    with Resumable([target, bad, explained], made_from) as files, bar:
        if files.done:
            there = sum(piece["rows"] for piece in files.done)
            print(f"an earlier run stopped after {there} rows: going on from there")
        first = 0
        for number, text in enumerate(predictor.pieces(source)):
            notes = text.notes
            for name, new in predictor.unseen(text.table).items():
                unseen.setdefault(name, set()).update(new)
            if number == len(files.done):
                predicted, reasons = predictor.predict_rows(text.table)
                refused = reasons[reasons != ""]
                if len(refused) and stop:
                    raise BadRow(f"data row {first + refused.index[0] + 1}: {refused.iloc[0]}; nothing is written")
                texts = {target: _csv(predicted, first, header=number == 0)}
                if explain:
                    texts[explained] = _csv(predictor.explain_rows(text.table)[0], first, header=number == 0)
                if len(refused):
                    beginning = not any(piece["refused"] for piece in files.done)
                    texts[bad] = _csv(refused.rename("reason").to_frame(), first, header=beginning)
                files.add(texts, {"rows": len(reasons), "predictions": len(predicted), "refused": len(refused)})
            elif len(text.table) != files.done[number]["rows"]:
                raise ValueError("another version read other pieces before it was interrupted: start again")
            first += len(text.table)
            bar.update(100 * text.share - bar.n)
        bar.update(100 - bar.n)
        written = files.finish()
    for line in (*notes, *predictor.told_unseen(unseen)):
        print(line)
    print(f"{sum(piece['predictions'] for piece in files.done)} predictions: {target}")
    if explained in written:
        print(f"what they rest on: {explained}")
    if bad in written:
        print(f"{sum(piece['refused'] for piece in files.done)} rows cannot be used: {bad}")


def _csv(found: pd.DataFrame, first: int, header: bool) -> str:
    """A piece as CSV: its index is the number of the row in it from 0, in the file from 1, as in prepare's messages."""
    return found.set_axis(pd.Index(found.index + first + 1, name="row")).to_csv(header=header, lineterminator="\n")
