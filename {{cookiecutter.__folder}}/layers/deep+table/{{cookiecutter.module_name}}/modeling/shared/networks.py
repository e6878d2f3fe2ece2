"""Base class of the neural networks: training by PyTorch through skorch, and storage."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt

from ...common.problem import Problem
from .estimators import ModelSettings, Rows

if TYPE_CHECKING:
    import torch


class NetworkSettings(ModelSettings):
    """A skorch NeuralNetClassifier or NeuralNetRegressor, stopped early by the validation rows."""

    learning_rate: PositiveFloat
    weight_decay: NonNegativeFloat
    batch_size: PositiveInt
    max_epochs: PositiveInt
    patience: PositiveInt
    device: Literal["cpu", "cuda"]

    def architecture(self) -> tuple[Callable[..., torch.nn.Module], dict[str, Any]]:
        """Return the function that builds the network, and its arguments except inputs, outputs, center, spread."""
        raise NotImplementedError(f"the model {self.name} does not say how its network is built")

    def estimator(self, problem: Problem) -> Any:
        import torch
        from skorch import NeuralNetClassifier, NeuralNetRegressor
        from skorch.callbacks import EarlyStopping

        torch.manual_seed(problem.seed)
        torch.set_num_threads(problem.threads)
        torch.use_deterministic_algorithms(True)
        build, settings = self.architecture()
        net = NeuralNetClassifier if problem.classes else NeuralNetRegressor
        return net(
            build,
            **{f"module__{name}": value for name, value in settings.items()},
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

    def fit(self, estimator: Any, train: Rows, validation: Rows) -> None:
        """Stop once the validation loss no longer falls, and keep the best epoch."""
        from skorch.dataset import Dataset
        from skorch.helper import predefined_split

        features, target = train.features, train.target
        estimator.set_params(
            module__inputs=features.shape[1],
            train_split=predefined_split(Dataset(validation.features, _shaped(validation))),
            # Batch normalisation fails on a batch of one row, so an epoch skips a single row that is left over.
            iterator_train__drop_last=len(features) % self.batch_size == 1,
        )
        if target.dtype != np.int64:
            estimator.set_params(module__center=float(target.mean()), module__spread=float(target.std()) or 1.0)
        if train.weights is not None:
            estimator.set_params(criterion=_weighted(estimator.criterion))
            if target.dtype == np.int64:
                # skorch's accuracy takes no targets with weights.
                estimator.set_params(callbacks__valid_acc=None)
        estimator.fit(features, _shaped(train))

    def save(self, estimator: Any, folder: Path) -> None:
        """Write safetensors: weights only, no code that loading would run."""
        from safetensors.torch import save_file

        save_file(estimator.module_.state_dict(), folder / "model.safetensors")

    def restore(self, problem: Problem, inputs: int, folder: Path) -> Any:
        from safetensors.torch import load_file

        estimator = self.estimator(problem).set_params(module__inputs=inputs).initialize()
        estimator.module_.load_state_dict(load_file(folder / "model.safetensors"))
        return estimator


def _shaped(rows: Rows) -> np.ndarray:
    """The target as the loss takes it: classes as int64 (rows,), numbers as float32 (rows, 1).

    With weights both are float64 (rows, 2): target and weight.
    """
    if rows.weights is not None:
        return np.stack([rows.target, rows.weights], axis=1)
    return rows.target if rows.target.dtype == np.int64 else rows.target.astype(np.float32)[:, None]


def _weighted(loss: type[torch.nn.Module]) -> type[torch.nn.Module]:
    """The loss as a mean in which each row counts as much as it weighs, for targets of `_shaped`."""

    class Weighted(loss):
        def __init__(self) -> None:
            super().__init__(reduction="none")

        def forward(self, predicted: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
            values, weights = target[:, 0], target[:, 1].float()
            classes = predicted.shape[1] > 1
            losses = super().forward(predicted, values.long() if classes else values.float()[:, None])
            return (losses.flatten() * weights).sum() / weights.sum().clamp(min=1e-12)

    return Weighted
