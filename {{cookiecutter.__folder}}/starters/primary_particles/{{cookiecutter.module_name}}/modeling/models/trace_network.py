"""A network on the traces of a shower's stations."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, PositiveInt

from ..networks import NetworkSettings

if TYPE_CHECKING:
    import torch


class Model(NetworkSettings):
    """Convolutions over each trace, an average over the stations, layers of the given widths."""

    tasks = ("classification",)
    stations: PositiveInt
    bins: PositiveInt
    channels: PositiveInt
    width: PositiveInt
    hidden: Annotated[list[PositiveInt], Field(min_length=1)]
    dropout: Annotated[float, Field(ge=0, lt=1)]

    def architecture(self) -> tuple[Callable[..., torch.nn.Module], dict[str, Any]]:
        names = {"stations", "bins", "channels", "width", "hidden", "dropout"}
        return network, self.model_dump(include=names)


def network(
    inputs: int, hidden: list[int], dropout: float, outputs: int, stations: int, bins: int, channels: int, width: int
) -> torch.nn.Module:
    """Deep sets of traces (M. Zaheer et al., NeurIPS 2017): (batch, inputs) of any float type to (batch, outputs).

    The inputs are those of `features.trace_features`: first those of the event, then for each station its core
    distance, its signal and its trace. The stations of a shower are a set: each passes the same layers, and the mean of
    what comes out is joined with the inputs of the event.

    Raises:
        ValueError: the inputs are too few for the stations and bins.
    """
    import torch

    of_stations = stations * (2 + bins)
    of_event = inputs - of_stations
    if of_event < 1:
        raise ValueError(
            f"trace_network: {inputs} features hold no {stations} stations of {bins} bins: set features=traces"
        )

    class Traces(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.look = torch.nn.Sequential(
                torch.nn.Conv1d(1, channels, width, padding=width // 2),
                torch.nn.ReLU(),
                torch.nn.MaxPool1d(2),
                torch.nn.Conv1d(channels, channels, width, padding=width // 2),
                torch.nn.ReLU(),
            )
            self.station = torch.nn.Sequential(torch.nn.Linear(2 * channels + 2, hidden[0]), torch.nn.ReLU())
            layers: list[torch.nn.Module] = []
            for width_in, width_out in pairwise([hidden[0] + of_event, *hidden]):
                layers += [torch.nn.Linear(width_in, width_out), torch.nn.ReLU(), torch.nn.Dropout(dropout)]
            self.shower = torch.nn.Sequential(*layers, torch.nn.Linear(hidden[-1], outputs))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = x.float()
            event, each = x[:, :of_event], x[:, of_event:].reshape(-1, 2 + bins)
            seen = self.look(each[:, None, 2:])
            found = torch.cat([seen.mean(dim=2), seen.amax(dim=2), each[:, :2]], dim=1)
            pooled = self.station(found).reshape(len(x), stations, -1).mean(dim=1)
            return self.shower(torch.cat([event, pooled], dim=1))

    return Traces()
