"""The causes, one in a file. `base.Cause` says which questions a cause can answer."""

from __future__ import annotations

import functools
import importlib
import pkgutil

from probado.prove.causes.base import Cause


@functools.cache
def all_causes() -> tuple[Cause, ...]:
    """Every cause of this folder, by rank."""
    modules = [importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    kinds = [
        kind
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Cause) and kind.__module__ == module.__name__
    ]
    return tuple(sorted((kind() for kind in kinds if hasattr(kind, "rank")), key=lambda cause: cause.rank))
