"""A neural network of fully connected layers."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, PositiveInt

from ..shared.networks import NetworkSettings

if TYPE_CHECKING:
    import torch


class Model(NetworkSettings):
    """Layers of the given widths, each with dropout."""

    hidden: Annotated[list[PositiveInt], Field(min_length=1)]
    dropout: Annotated[float, Field(ge=0, lt=1)]

    def architecture(self) -> tuple[Callable[..., torch.nn.Module], dict[str, Any]]:
        return network, {"hidden": self.hidden, "dropout": self.dropout}


def network(
    inputs: int, hidden: list[int], dropout: float, outputs: int, center: float = 0.0, spread: float = 1.0
) -> torch.nn.Module:
    """Fully connected layers: (batch, inputs) of any float type to float32 (batch, outputs).

    The output is scaled to the target's center and spread, so that training starts at the right scale.
    """
    import torch

    class SinglePrecision(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.float()

    class Stretch(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("center", torch.tensor(center))
            self.register_buffer("spread", torch.tensor(spread))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * self.spread + self.center

    layers: list[torch.nn.Module] = [SinglePrecision()]
    for width_in, width_out in pairwise([inputs, *hidden]):
        layers += [torch.nn.Linear(width_in, width_out), torch.nn.ReLU(), torch.nn.Dropout(dropout)]
    return torch.nn.Sequential(*layers, torch.nn.Linear(hidden[-1], outputs), Stretch())
