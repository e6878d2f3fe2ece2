"""Types of the data and features: simulated showers or their stations, or the images of the MAGIC telescope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, PositiveFloat, PositiveInt, Tag

from .simulation import Simulation
from .strict import Strict
from .table import Card
from .table import Data as Table


class Showers(Simulation):
    """configs/data/showers.yaml: a simulation and the learning task."""

    fewest_stations: PositiveInt
    note: str
    card: Card = Card()
    task: Literal["classification"] = "classification"
    target: Literal["primary"] = "primary"
    id: None = None
    group: Literal["shower"] = "shower"
    time: None = None
    weight: None = None
    texts: ClassVar[list[str]] = []


def _kind(value: Any) -> str:
    return "table" if isinstance(value, Table) or (isinstance(value, Mapping) and "source" in value) else "simulated"


Data = Annotated[Annotated[Showers, Tag("simulated")] | Annotated[Table, Tag("table")], Discriminator(_kind)]


class OfStations(Strict):
    """A row is a station."""

    level: Literal["station"]


class OfShowers(Strict):
    """A row is a shower; its lateral distribution has a slope near the expected one."""

    ldf_slope: float
    ldf_slope_spread: PositiveFloat


class OfEvents(OfShowers):
    """A row is a shower with the features of all its stations together."""

    level: Literal["event"]


class OfTraces(OfShowers):
    """A row is a shower with the traces of its strongest stations."""

    level: Literal["traces"]
    stations: PositiveInt
    bins: PositiveInt
    merged: PositiveInt


class OfImages(Strict):
    """A row is an image of the telescope."""

    level: Literal["hillas"]


# configs/features/: the kind of row and its features.
Features = Annotated[OfStations | OfEvents | OfTraces | OfImages, Field(discriminator="level")]
