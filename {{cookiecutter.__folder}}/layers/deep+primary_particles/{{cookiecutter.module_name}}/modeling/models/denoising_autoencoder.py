"""A denoising autoencoder with a classifier on its code."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, NonNegativeFloat, PositiveInt

from ...common.problem import Problem
from ..shared.networks import NetworkSettings

if TYPE_CHECKING:
    import torch


class Model(NetworkSettings):
    """P. Vincent et al., ICML 2008; the classifier is one linear layer."""

    tasks = ("classification",)
    code: PositiveInt
    hidden: Annotated[list[PositiveInt], Field(min_length=1)]
    noise: NonNegativeFloat

    def architecture(self) -> tuple[Callable[..., torch.nn.Module], dict[str, Any]]:
        return network, {"code": self.code, "hidden": self.hidden, "noise": self.noise}

    def estimator(self, problem: Problem) -> Any:
        return super().estimator(problem).set_params(criterion=both_losses())


def both_losses() -> type[torch.nn.Module]:
    """The loss of `network`'s output: cross entropy of the classes plus mean squared reconstruction error."""
    import torch

    # skorch turns outputs into probabilities if the loss is a CrossEntropyLoss.
    class Losses(torch.nn.CrossEntropyLoss):
        def forward(self, output: tuple[torch.Tensor, torch.Tensor], target: torch.Tensor) -> torch.Tensor:
            scores, missed = output
            return super().forward(scores, target) + missed.square().mean()

    return Losses


def network(inputs: int, outputs: int, code: int, hidden: list[int], noise: float) -> torch.nn.Module:
    """(batch, inputs) of any float type to scores (batch, outputs) and reconstruction errors (batch, inputs)."""
    import torch

    def layers(widths: list[int]) -> torch.nn.Sequential:
        steps: list[torch.nn.Module] = []
        for width_in, width_out in pairwise(widths):
            steps += [torch.nn.Linear(width_in, width_out), torch.nn.ReLU()]
        return torch.nn.Sequential(*steps[:-1])

    class Autoencoder(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encode = layers([inputs, *hidden, code])
            self.decode = layers([code, *reversed(hidden), inputs])
            self.classify = torch.nn.Linear(code, outputs)

        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            x = x.float()
            numbers = self.encode(x + noise * torch.randn_like(x) if self.training else x)
            # The classes train only the classifier, not the code.
            return self.classify(numbers.detach()), self.decode(numbers) - x

    return Autoencoder()
