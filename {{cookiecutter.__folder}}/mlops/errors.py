"""Errors in one line, without secrets."""

from __future__ import annotations

import difflib
import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

SECRET_NAME = re.compile(r"TOKEN(?!S|IZ)|SECRET|PASSW|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY", re.IGNORECASE)
PASSWORD_IN_ADDRESS = re.compile(r"(://(?:[^/\s:@]*:)?)[^/\s]+@")
# A shorter value occurs in texts by chance. A variable with no secret name may hold anything, such as a folder.
SHORTEST, SHORTEST_UNNAMED = 4, 8


def explain(error: BaseException) -> str:
    """One line that says what was expected, what was found and what to do."""
    return str(redact(_explain(error)))


def _explain(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    text = " ".join(str(error).split())
    cause = error.__cause__ or error.__context__
    # Hydra's errors hold the valid choices of a group, or the keys beside a mistyped one.
    if options := getattr(error, "options", None):
        missing = str(getattr(error, "missing_cfg_file", "")).rpartition("/")[2].removesuffix(".yaml")
        return f"configs: there is no {getattr(error, 'missing_cfg_file', missing)}; {nearest(missing, options)}"
    for found in (error, cause):
        parent, key = getattr(found, "parent_node", None), getattr(found, "key", None)
        if parent is not None and key is not None and hasattr(parent, "keys"):
            full = getattr(found, "full_key", key)
            return f"configs: there is no key {full!r}; {nearest(str(key), map(str, parent))}"
    if isinstance(error, ModuleNotFoundError):
        deep = " DEEP=cpu" if error.name in ("torch", "skorch", "safetensors") else ""
        return f"this Python has no module {error.name!r}: make env{deep}, then activate .venv"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    plain = isinstance(error, SystemExit) or (isinstance(error, ValueError) and text)
    return text if plain else f"{type(error).__name__}: {text}"


def nearest(name: str, valid: Any) -> str:
    """A hint for an unknown name: the closest valid name, or all valid names if none is close."""
    names = sorted(valid)
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"valid are: {', '.join(names)}"


def redact(found: Any) -> Any:
    """A text, or a record, without secrets in its texts: for everything that is printed or recorded.

    Secrets are passwords in addresses, and values of environment variables that are named like one or that configs/
    reads by ${oc.env:NAME}. The name stands in their place. Keys of a record are names, not secrets.
    """
    names: dict[str, str] = {}
    for name, value in sorted(_secrets().items(), key=lambda item: -len(item[1])):
        forms = (value, value.strip(), " ".join(value.split()), quote(value.strip(), safe=""))
        names |= dict.fromkeys((*forms, json.dumps(value, ensure_ascii=False)[1:-1]), f"${{oc.env:{name}}}")
    return _without(names, found)


def _without(names: dict[str, str], found: Any) -> Any:
    if isinstance(found, dict):
        return {key: _without(names, value) for key, value in found.items()}
    if isinstance(found, list):
        return [_without(names, value) for value in found]
    if not isinstance(found, str):
        return found
    for secret, name in names.items():
        found = found.replace(secret, name)
    return PASSWORD_IN_ADDRESS.sub(r"\1***@", found)


def _secrets() -> dict[str, str]:
    """Values of variables that may be secret, by name."""
    read: set[str] = set()
    for path in Path("configs").rglob("*.yaml"):
        # The runner's own variables name folders.
        read.update(re.findall(r"oc\.env:\s*(?!MLOPS_)(\w+)", path.read_text(encoding="utf-8", errors="replace")))
    return {
        name: value
        for name, value in os.environ.items()
        if (size := len(value.strip())) >= SHORTEST
        and (SECRET_NAME.search(name) or (name in read and size >= SHORTEST_UNNAMED))
    }
