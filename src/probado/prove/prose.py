"""Numbers in README, documents and reports that nothing backs. Advice, never part of a verdict."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from probado.contract import PROOF_FILES
from probado.evidence.claim import Claim

# A number with a fraction, or a percentage; versions, dates and names have other signs around them.
NUMBER = re.compile(
    r"(?<![\w.,/:-])(?<!Eq\. )(?<!Fig\. )(?<!Table )(?<!Section )-?(\d+\.\d+|\d+(?=\s?%))(\s?%)?"
    r"(?!\s?%|[\w/:]|\.\d|-\d| CL| confidence| interval)"
)
# A version that a text asks for, by the name before it or the words behind it.
OF_PROGRAM = "Python|CUDA|cuDNN|PyTorch|TensorFlow|Java|Node|Node.js|Ubuntu|Debian|macOS|glibc|GCC|DVC|version|versión"
LATER = "or newer|or later|or higher|or above|and newer|and later|and above|o más reciente|o posterior|o superior"
VERSION = re.compile(rf"\b(?:{OF_PROGRAM})\s+\d+(?:\.\d+)+|\b\d+(?:\.\d+)+(?:\+|\s+(?:{LATER}))", re.IGNORECASE)
# Code, markup and addresses are no prose.
NO_PROSE = re.compile(
    r"```.*?```|~~~.*?~~~|`[^`]*`|<style.*?</style>|<script.*?</script>|<[^>]+>|https?://\S+|^(?: {4}|\t)[^\n]*$",
    re.MULTILINE | re.DOTALL,
)


def is_prose(name: str) -> bool:
    """Whether a file of a project holds sentences for people."""
    of_people = name == "README.md" or name.startswith(("docs/", "reports/"))
    return of_people and name.endswith((".md", ".html")) and name not in PROOF_FILES


def unbacked(root: Path, prose: Iterable[str], backing: Iterable[Path], claims: list[Claim]) -> list[str]:
    """Numbers of the prose that are in no claim, and in no JSON or YAML among outputs and parameters.

    Returns:
        Lines "file: number".
    """
    backed = [claim.value for claim in claims] + [number for path in backing for number in _numbers_of(path)]
    lines = []
    for name in prose:
        text = NO_PROSE.sub(" ", (root / name).read_text(encoding="utf-8", errors="replace"))
        text = VERSION.sub(" ", text)
        for match in NUMBER.finditer(text):
            digits = len(match[1].partition(".")[2])
            factor = 100 if match[2] else 1
            if not any(round(abs(value) * factor, digits) == float(match[1]) for value in backed):
                lines.append(f"{name}: {match[0].strip()}")
    return list(dict.fromkeys(lines))


def _numbers_of(path: Path) -> list[float]:
    """Every number in a file of JSON or YAML, or in the JSON files of a folder."""
    found: list[float] = []
    for file in [path] if path.is_file() else path.rglob("*.json"):
        # A file that cannot be read backs nothing.
        with contextlib.suppress(ValueError, OverflowError, RecursionError, yaml.YAMLError):
            if file.suffix == ".json":
                found += _numbers_in(json.loads(file.read_text(encoding="utf-8")))
            elif file.suffix in (".yaml", ".yml"):
                found += _numbers_in(yaml.safe_load(file.read_text(encoding="utf-8")))
    return found


def _numbers_in(value: Any) -> Iterator[float]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _numbers_in(inner)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield float(value)
