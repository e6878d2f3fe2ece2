"""Settings of the project that are a YAML file of their own. Without the file the defaults hold."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from probado.errors import Refused
from probado.text import first_mistake

Settings = TypeVar("Settings", bound=BaseModel)


def read_settings(path: Path, kind: type[Settings]) -> Settings:
    """The settings in a file; the defaults where there is none.

    Raises:
        Refused: a key or value is wrong.
    """
    if not path.is_file():
        return kind()
    try:
        return kind.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except ValidationError as error:
        raise Refused(f"{path.name}: {first_mistake(error)}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Refused(f"{path.name} is no YAML: {' '.join(str(error).split())}") from None
