"""What the rows of this project are: showers or their stations, simulated, or the images of the MAGIC telescope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, PositiveInt, Tag

from .simulation.settings import Simulation
from .strict import Strict
from .table import Data as Table


class Showers(Simulation):
    """configs/data/showers.yaml: a simulation, and what is to be learned from it."""

    fewest_stations: PositiveInt
    note: str
    task: Literal["classification"] = "classification"
    target: Literal["primary"] = "primary"
    id: None = None
    group: Literal["shower"] = "shower"
    time: None = None


def _kind(value: Any) -> str:
    return "table" if isinstance(value, Table) or (isinstance(value, Mapping) and "source" in value) else "simulated"


Data = Annotated[Annotated[Showers, Tag("simulated")] | Annotated[Table, Tag("table")], Discriminator(_kind)]


class Features(Strict):
    """configs/features/: what a row is, and what is known of it."""

    level: Literal["event", "traces", "station", "hillas"]
    ldf_slope: float = -2.0
    stations: PositiveInt = 6
    bins: PositiveInt = 80
    merged: PositiveInt = 2
