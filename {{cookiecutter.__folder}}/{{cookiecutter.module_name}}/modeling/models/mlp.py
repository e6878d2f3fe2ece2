"""A neural network of fully connected layers, in PyTorch through skorch."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from ..estimators import ModelSettings, Problem

if TYPE_CHECKING:
    import torch


class Model(ModelSettings):
    """A skorch NeuralNetClassifier or NeuralNetRegressor, the number of epochs found on the validation rows."""

    hidden: Annotated[list[PositiveInt], Field(min_length=1)]
    dropout: Annotated[float, Field(ge=0, lt=1)]
    learning_rate: PositiveFloat
    weight_decay: NonNegativeFloat
    batch_size: PositiveInt
    max_epochs: PositiveInt
    patience: PositiveInt
    device: Literal["cpu", "cuda"]

    def estimator(self, problem: Problem) -> Any:
        import torch
        from skorch import NeuralNetClassifier, NeuralNetRegressor
        from skorch.callbacks import EarlyStopping

        torch.manual_seed(problem.seed)
        torch.set_num_threads(problem.threads)
        torch.use_deterministic_algorithms(True)
        net = NeuralNetClassifier if problem.classes else NeuralNetRegressor
        return net(
            network,
            module__hidden=self.hidden,
            module__dropout=self.dropout,
            module__outputs=len(problem.classes) or 1,
            criterion=torch.nn.CrossEntropyLoss if problem.classes else torch.nn.MSELoss,
            optimizer=torch.optim.AdamW,
            optimizer__weight_decay=self.weight_decay,
            lr=self.learning_rate,
            batch_size=self.batch_size,
            max_epochs=self.max_epochs,
            iterator_train__shuffle=True,
            callbacks=[EarlyStopping(patience=self.patience, load_best=True, sink=lambda _: None)],
            device=self.device,
            verbose=0,
        )

    def fit(self, estimator: Any, train: tuple[Any, np.ndarray], validation: tuple[Any, np.ndarray]) -> None:
        """Stop once the validation loss no longer falls, and keep the best epoch."""
        from skorch.dataset import Dataset
        from skorch.helper import predefined_split

        features, target = train
        estimator.set_params(
            module__inputs=features.shape[1],
            train_split=predefined_split(Dataset(validation[0], _shaped(validation[1]))),
        )
        if target.dtype != np.int64:
            estimator.set_params(module__center=float(target.mean()), module__spread=float(target.std()) or 1.0)
        estimator.fit(features, _shaped(target))

    def save(self, estimator: Any, folder: Path) -> None:
        """Write safetensors: weights only, no code that loading would run."""
        from safetensors.torch import save_file

        save_file(estimator.module_.state_dict(), folder / "model.safetensors")

    def restore(self, problem: Problem, inputs: int, folder: Path) -> Any:
        from safetensors.torch import load_file

        estimator = self.estimator(problem).set_params(module__inputs=inputs).initialize()
        estimator.module_.load_state_dict(load_file(folder / "model.safetensors"))
        return estimator


def network(
    inputs: int, hidden: list[int], dropout: float, outputs: int, center: float = 0.0, spread: float = 1.0
) -> torch.nn.Module:
    """Fully connected layers: (batch, inputs) of any float type to float32 (batch, outputs).

    The output is stretched to the target's center and spread, so that training starts at the right scale.
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


def _shaped(target: np.ndarray) -> np.ndarray:
    # What the losses take: classes as int64 (batch,), numbers as float32 (batch, 1).
    return target if target.dtype == np.int64 else target.astype(np.float32)[:, None]
