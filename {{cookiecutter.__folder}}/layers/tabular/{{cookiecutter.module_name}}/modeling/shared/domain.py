"""Metrics of your field, in addition to those of metrics.py. A project starts without any."""

from __future__ import annotations

from ...common.rows import Data
from .metrics import Metric


def domain_metrics(data: Data, classes: tuple[str, ...]) -> dict[str, Metric]:
    """Further metrics by name for the configured data; `classes` is empty for a regression."""
    return {}
