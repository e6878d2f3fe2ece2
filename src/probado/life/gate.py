"""The gate: may a model become the champion? It decides by the test rows, and says why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from probado.life.success import BASELINE, COMPARE, Criterion, Success

if TYPE_CHECKING:
    import pandas as pd


class Finding(BaseModel):
    """One question of the gate, whether the answer lets the model pass, and the numbers behind it."""

    question: str
    held: bool
    detail: str


def judge(success: Success, comparison: Any, candidate: pd.DataFrame, others: dict[str, pd.DataFrame]) -> list[Finding]:
    """The answers to all questions of the gate.

    Args:
        success: what a model must reach.
        comparison: the project's test rows and metrics, as its modeling/compare.py documents them.
        candidate: the model's predictions of the test rows.
        others: those of the baseline, and of the champion if there is one, by the name under which they are told.

    Raises:
        ValueError: success.yaml names a metric, column or value that there is not.
    """
    found = [_criterion(one, comparison, candidate, others[BASELINE]) for one in success.criteria]
    name, margin = success.lead.metric or comparison.usual, success.lead.margin
    for other, predicted in others.items():
        lead = comparison.lead(name, candidate, predicted, success.lead.confidence)
        detail = f"by {lead['value']:.4g}, by at least {lead['low']:.4g} at {success.lead.confidence:.0%} confidence"
        question = f"better {name} than the {other}" + (f" by more than {margin:g}" if margin else "")
        found.append(Finding(question=question, held=lead["low"] > margin, detail=detail))
    return found


def _criterion(criterion: Criterion, comparison: Any, candidate: pd.DataFrame, baseline: pd.DataFrame) -> Finding:
    name = criterion.metric or comparison.usual
    reached = comparison.value(name, candidate, criterion.slice)
    if criterion.threshold == BASELINE:
        limit = comparison.value(name, baseline, criterion.slice)
        said = f"the baseline's {limit:.4g}"
    else:
        limit = float(criterion.threshold)
        said = f"{limit:g}"
    sign = criterion.operator or ("<" if comparison.is_loss(name) else ">")
    where = "".join(f", where {column} is {value}" for column, value in criterion.slice.items())
    return Finding(
        question=f"{name} {sign} {said}{where}", held=COMPARE[sign](reached, limit), detail=f"it is {reached:.4g}"
    )
