"""The project's own code and settings: its module, what it says of its test rows, its number of threads."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import yaml

from probado.contract import CONFIG
from probado.errors import Refused


def imported(module: str, name: str, root: Path) -> Any:
    """A module of the project's package.

    Raises:
        Refused: there is none, or a package that it imports is missing.
    """
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    try:
        return importlib.import_module(f"{module}.{name}")
    except ModuleNotFoundError as missing:
        raise Refused(f"this needs {module}.{name}, and there is no {missing.name}") from None


def comparison(module: str, root: Path) -> Any:
    """What compares models of the project by its test rows, as its modeling/compare.py documents.

    Raises:
        Refused: the project does not say how, or it finds something wrong.
    """
    compare = imported(module, "modeling.compare", root)
    try:
        return compare.comparison()
    except Exception as error:  # noqa: BLE001 - whatever the project finds wrong is said
        raise Refused(" ".join(str(error).split())) from None


def threads_of(root: Path) -> int:
    """The number of threads that the project computes with."""
    path = root / CONFIG
    settings = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return int(settings.get("threads", 1))
