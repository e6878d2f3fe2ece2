"""Predict for new rows, given as they come from the source: python -m MODULE.modeling.predict new.csv.

`load` and `Predictor` are the contract that every use of the model relies on, see docs/predict.md.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from ..common.files import read_json, sha256
from ..common.paths import MODELS, ROOT
from ..new_rows import Contract, features_of, read_contract, typed_rows
from ..tables.inputs import LISTED, Input, spelling
from ..tables.text import Text
from .batch import BadRow, predict_file
from .shared.estimators import settings_of
from .shared.explain import explained
from .shared.store import INPUTS_NAME, Fitted, checked_manifest, restore


@dataclass(frozen=True)
class Predictor:
    """A trained model that takes rows as they come from the source."""

    contract: Contract
    fitted: Fitted
    # Of the manifest, which holds the hashes of the model's files.
    sha256: str

    @property
    def inputs(self) -> list[Input]:
        """The columns that a row needs, with what they were in training."""
        return self.contract.inputs

    @property
    def alone(self) -> bool:
        """Whether the features of a row do not depend on the rows beside it, tried with three rows that are much alike.

        A server predicts rows of several requests at once where they do not.
        """
        columns = {one.name: ([*one.range, one.example] * 3)[-3:] for one in self.inputs}
        # As times: the text of the training rows may be another one.
        dates = {one.name: pd.to_datetime(pd.Series(columns[one.name])) for one in self.inputs if one.type == "date"}
        rows = pd.DataFrame(columns | dates)
        together = features_of(self.contract.as_read(rows), self.contract)
        if (together.reasons != "").any() or len(together.features) != len(rows):
            return False
        each = [features_of(self.contract.as_read(rows.iloc[[place]]), self.contract) for place in range(len(rows))]
        return pd.concat([one.features for one in each], ignore_index=True).equals(
            together.features.reset_index(drop=True)
        )

    def predict(self, table: pd.DataFrame) -> pd.DataFrame:
        """The predictions with the table's index, as `predict_rows` makes them, which also says what cannot be used.

        Warns of categories that no training row had, as `unseen` tells them.

        Raises:
            ValueError: a column is missing, or a row cannot be used; the message says why.
        """
        read = self.contract.as_read(table)
        for line in self.told_unseen(self.unseen(read), sure=True):
            warnings.warn(line, stacklevel=2)
        predicted, reasons = self.predict_rows(read)
        refuse(reasons)
        return predicted.set_index(table.index[predicted.index])

    def explain(self, table: pd.DataFrame) -> pd.DataFrame:
        """What each prediction rests on, a row for each feature, those that add most to it first.

        Returns:
            `feature`; `value`, of several features that are told together none; `contribution`, how much it adds to
            what `of` names; and `base`, where the sum of the contributions starts. The index is that of `predict`.

        Raises:
            ValueError: as `predict`.
        """
        found, reasons = self.explain_rows(self.contract.as_read(table))
        refuse(reasons)
        return found.set_index(table.index[found.index])

    def explain_rows(self, table: pa.Table) -> tuple[pd.DataFrame, pd.Series]:
        """As `explain`, by the numbers of the rows that can be used, and for each row of all why it cannot.

        Raises:
            ValueError: a column is missing.
        """
        made = features_of(table, self.contract)
        if made.features.empty:
            return pd.DataFrame(columns=["of", "base", "feature", "value", "contribution"]), made.reasons
        told = explained(self.fitted, made.features)
        values = made.features.reindex(columns=told.names).astype(object)
        order = np.argsort(-np.abs(told.contributions), axis=1, kind="stable")
        each = [
            pd.DataFrame(
                {
                    "of": told.of[number],
                    "base": told.base[number],
                    "feature": np.array(told.names, dtype=object)[places],
                    "value": values.iloc[number].to_numpy()[places],
                    "contribution": told.contributions[number][places],
                },
                index=[row] * len(places),
            )
            for number, (row, places) in enumerate(zip(made.features.index, order, strict=True))
        ]
        return pd.concat(each), made.reasons

    def predict_rows(self, table: pa.Table) -> tuple[pd.DataFrame, pd.Series]:
        """The prediction of each row that can be used, and for each row of all why it cannot.

        Returns:
            The id where the data have one, `predicted`, and for classes `p(NAME)` of each, by the numbers of the rows
            from 0, of several rows that make one prediction the first; and reasons, "" for none, str (rows,).

        Raises:
            ValueError: a column is missing.
        """
        made = features_of(table, self.contract)
        found, classes = made.names.copy(), self.fitted.problem.classes
        if made.features.empty:
            return found.reindex(columns=[*found, "predicted", *(f"p({name})" for name in classes)]), made.reasons
        predicted = self.fitted.predict(made.features)
        found["predicted"] = np.array(classes)[predicted.argmax(axis=1)] if classes else predicted
        for code, name in enumerate(classes):
            found[f"p({name})"] = predicted[:, code]
        return found, made.reasons

    def read(self, path: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
        """Of a file the rows that can be used, typed; their predictions; and for each row of all why it cannot be used.

        Raises:
            ValueError: the file cannot be read.
        """
        text = self.contract.read(path)
        predicted, reasons = self.predict_rows(text.table)
        return typed_rows(text.table, self.contract)[reasons == ""], predicted, reasons

    def pieces(self, path: Path) -> Iterator[Text]:
        """The rows of a file, piece by piece, or at once where features are made from several rows; see `read_pieces`.

        Raises:
            ValueError: the file cannot be read.
        """
        return self.contract.pieces(path) if self.alone else iter([self.contract.read(path)])

    def unseen(self, table: pa.Table) -> dict[str, set[str]]:
        """Categories that no training row had, by column: the model treats them as none that it knows."""
        found = {}
        for one in self.inputs:
            if one.type == "category" and one.required and one.name in table.column_names and one.values:
                given, spelled = table[one.name].cast(pa.string()).drop_null().unique().to_pylist(), spelling(one)
                found[one.name] = {spelled.get(value.lower(), value) for value in given} - set(one.values)
        return {name: new for name, new in found.items() if new}

    def told_unseen(self, unseen: dict[str, set[str]], sure: bool = False) -> list[str]:
        """A line for each column of `unseen`.

        Of very many categories only the most frequent ones are known; `sure` leaves such columns out.
        """
        lines = []
        for one in (one for one in self.inputs if one.name in unseen):
            many, new = len(one.values) == LISTED, sorted(unseen[one.name])
            known = f"the {LISTED} most frequent of" if many else "those of"
            if not (many and sure):
                lines.append(f"{one.name}: {len(new)} values were not among {known} training, such as {new[0]!r}")
        return lines


def refuse(reasons: pd.Series) -> None:
    """Raise ValueError with the first reasons, if any, why rows cannot be used."""
    if bad := [f"row {row + 1}: {reason}" for row, reason in enumerate(reasons) if reason]:
        raise ValueError("; ".join(bad[:3]) + (f"; and {len(bad) - 3} more rows" if len(bad) > 3 else ""))


def load(folder: Path = ROOT / MODELS) -> Predictor:
    """The model in a folder, whose files are checked against their hashes.

    Some files are pickles: only load a folder that this project made.

    Raises:
        ValueError: there is no model, or it is not the one that was trained.
    """
    manifest = checked_manifest(folder)
    settings = settings_of(manifest["model"], manifest["task"])
    fitted = restore(settings, seed=0, threads=1, folder=folder)
    return Predictor(read_contract(read_json(folder / INPUTS_NAME)), fitted, sha256(folder / "manifest.json"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Predict for a file; returns the exit status: 0, 1 where rows stop it, 2 where it cannot be read."""
    parser = argparse.ArgumentParser(prog=f"python -m {__spec__.name}", description="Predict for new rows.")
    parser.add_argument("input", type=Path, help="the rows, as a file of the same kind as the training data")
    parser.add_argument("--output", type=Path, help="where the predictions go (default: INPUT.predictions.csv)")
    parser.add_argument("--explain", action="store_true", help="write what each prediction rests on, too")
    parser.add_argument("--stop", action="store_true", help="stop if a row cannot be used, instead of leaving it out")
    options = parser.parse_args(arguments)
    target = options.output or options.input.with_name(f"{options.input.stem}.predictions.csv")
    try:
        predict_file(load(), options.input, target, options.stop, options.explain)
    except BadRow as error:
        print(f"predict: {error}", file=sys.stderr)
        return 1
    except (ValueError, OSError) as error:
        print(f"predict: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("predict: interrupted: the same command goes on from there", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
