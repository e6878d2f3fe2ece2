"""A network on the traces of a shower's stations."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field, PositiveInt

from ..shared.networks import NetworkSettings

if TYPE_CHECKING:
    import torch


# Number of features of the event (`features.event_features`), which come before those of the stations.
OF_EVENT = 18


class Model(NetworkSettings):
    """Convolutions over each trace, an average over the stations, layers of the given widths."""

    tasks = ("classification",)
    # The network itself standardises the features of the event and masks missing stations.
    scaled: ClassVar[bool] = False
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

    The inputs are those of `features.trace_features`: the features of the event, then core distance, signal and trace
    of each station, NaN for missing stations. The stations of a shower are a set: each passes the same layers, and the
    mean over the present ones is joined with the features of the event.

    Raises:
        ValueError: the number of inputs does not match stations and bins.
    """
    import torch

    if inputs != OF_EVENT + stations * (2 + bins):
        raise ValueError(
            f"trace_network: {inputs} features are not {OF_EVENT} of the event and {stations} stations of {bins} bins: "
            "set features=traces, and stations and bins as in that file"
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
            self.standardise = torch.nn.BatchNorm1d(OF_EVENT, affine=False)
            self.station = torch.nn.Sequential(torch.nn.Linear(2 * channels + 2, hidden[0]), torch.nn.ReLU())
            layers: list[torch.nn.Module] = []
            for width_in, width_out in pairwise([hidden[0] + OF_EVENT, *hidden]):
                layers += [torch.nn.Linear(width_in, width_out), torch.nn.ReLU(), torch.nn.Dropout(dropout)]
            self.shower = torch.nn.Sequential(*layers, torch.nn.Linear(hidden[-1], outputs))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            event, each = x[:, :OF_EVENT].float(), x[:, OF_EVENT:].float().reshape(-1, 2 + bins)
            there = (~each[:, :1].isnan()).float()
            each = each.nan_to_num()
            seen = self.look(each[:, None, 2:])
            # Distances in km, so that all inputs are of order one.
            where = each[:, :2] * each.new_tensor([0.001, 1.0])
            found = self.station(torch.cat([seen.mean(dim=2), seen.amax(dim=2), where], dim=1)) * there
            pooled = found.reshape(len(x), stations, -1).sum(dim=1)
            pooled = pooled / there.reshape(len(x), stations).sum(dim=1, keepdim=True).clamp(min=1)
            return self.shower(torch.cat([self.standardise(event), pooled], dim=1))

    return Traces()
