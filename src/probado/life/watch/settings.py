"""monitor.yaml: when a shift is one, and who is told. Without the file the defaults hold."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt

MONITOR = "monitor.yaml"


class Monitor(BaseModel):
    """The project's monitor.yaml."""

    model_config = ConfigDict(extra="forbid")
    # Who looks after it, named in the alert.
    owner: str | None = None
    # Days of the served requests that are looked at, back from now.
    days: PositiveFloat = 1.0
    # Fewer rows are not judged.
    fewest: PositiveInt = 50
    # At 0.95, one of twenty looks at rows that have not changed gives an alarm.
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    # Among many rows a shift that does not matter is still sure: a distance below this, from 0 to 1, is none.
    least: float = Field(default=0.05, ge=0, le=1)
