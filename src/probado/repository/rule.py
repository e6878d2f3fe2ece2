"""How dvc.yaml declares that an output is compared.

The ways, in the `meta` of an output::

    outs:
      - models/model.joblib:
          meta: {compare: {by: reports/predictions.parquet}}  # judged by this other output, which is made from it
      - reports/predictions.parquet:
          meta: {compare: {rtol: 1.0e-6, columns: {score: {atol: 0.01}}}}
      - reports/table.csv:
          meta: {compare: content}           # the same values, whatever the bytes (JSON, notebook, pixels, …)
      - reports/metrics.json:
          meta: {compare: interval}          # each metric lies within its committed low and high
      - reports/other.json:
          meta: {elsewhere: {rtol: 1.0e-6}}  # applies on another kind of processor or number of threads only
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Tolerance(BaseModel):
    """How far a number may be off: atol + rtol × |committed|, as in numpy.isclose."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    rtol: float = Field(0.0, ge=0)
    atol: float = Field(0.0, ge=0)


class Rule(Tolerance):
    """How one output is compared."""

    form: Literal["bytes", "content", "interval"] = "bytes"
    columns: dict[str, Tolerance] = {}
    by: str | None = None

    def __str__(self) -> str:
        if self.by:
            return f"by {self.by}"
        off = [f"{name} {value:g}" for name, value in (("rtol", self.rtol), ("atol", self.atol)) if value]
        off += [f"{name}: rtol {of.rtol:g}, atol {of.atol:g}" for name, of in self.columns.items()]
        return ", ".join(off) or self.form

    @property
    def tolerates_numbers(self) -> bool:
        """Whether any number may be off."""
        return bool(self.rtol or self.atol or self.columns)


def parse_rule(declared: Any) -> Rule:
    """The rule that a declaration in dvc.yaml means.

    Raises:
        pydantic.ValidationError: there is no such rule.
    """
    return Rule.model_validate({"form": declared} if isinstance(declared, str) else declared)
