"""The process of one version: python -m probado.life.serve.process MODULE. Lines of JSON come in and go out.

It says first what a row needs. Then it answers each line, a list of requests, with a list of answers. A request is what
is asked, predict or explain, and rows.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any, TextIO

from probado.life.rows import as_json, explanations_of, records_of, table_of


def main(module: str) -> int:
    """Answer until the input ends; returns the exit status."""
    out = _own_output()
    warnings.simplefilter("ignore")
    try:
        predictor = importlib.import_module(f"{module}.modeling.predict").load()
    except Exception as error:  # noqa: BLE001 - whatever a version finds wrong is said
        print(f"{type(error).__name__}: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    alone = bool(getattr(predictor, "alone", False))
    explains = hasattr(predictor, "explain")
    _say(out, {"inputs": [as_json(one) for one in predictor.inputs], "explains": explains})
    for line in sys.stdin:
        _say(out, answers(predictor, alone, json.loads(line)))
    return 0


def answers(predictor: Any, alone: bool, requests: Sequence[Any]) -> list[dict[str, Any]]:
    """An answer to each request: `found`, or `error`, a sentence.

    Where a row is predicted by itself, those of all requests are predicted together, in hardly more time than one.
    """
    if alone and len(requests) > 1 and all(what == "predict" for what, _ in requests):
        try:
            return _together(predictor, [rows for _, rows in requests])
        except ValueError:
            pass  # One of them cannot be used, which the others do not suffer from.
    return [_answer(predictor, what, rows) for what, rows in requests]


def _together(predictor: Any, requests: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    every = [row for rows in requests for row in rows]
    found = records_of(predictor.predict(table_of(every, predictor.inputs)))
    if len(found) != len(every):
        raise ValueError("a row has no prediction of its own")
    rest = iter(found)
    return [{"found": [next(rest) | {"row": number} for number in range(1, len(rows) + 1)]} for rows in requests]


def _answer(predictor: Any, what: str, rows: Sequence[Any]) -> dict[str, Any]:
    try:
        table = table_of(rows, predictor.inputs)
        if what == "explain":
            return {"found": explanations_of(predictor.explain(table))}
        return {"found": records_of(predictor.predict(table))}
    except ValueError as error:
        return {"error": " ".join(str(error).split())}
    except Exception as error:  # noqa: BLE001 - whatever a model finds wrong must not end the process
        return {"error": f"{type(error).__name__}: {' '.join(str(error).split())}", "fault": True}


def _own_output() -> TextIO:
    """Standard output for the answers alone: what the project's code prints goes to standard error."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return out


def _say(out: TextIO, value: Any) -> None:
    out.write(json.dumps(value) + "\n")
    out.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
