"""The sentences that a project stands for (claims.yaml), held against what came out; and the numbers of its prose."""

from __future__ import annotations

import contextlib
import json
import math
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mlops.prove.repository import Refused, first_of

CLAIMS = "claims.yaml"
# A number with a fraction, or a percentage; versions, dates and names have other signs around them.
NUMBER = re.compile(
    r"(?<![\w.,/:-])(?<!Eq\. )(?<!Fig\. )(?<!Table )(?<!Section )-?(\d+\.\d+|\d+(?=\s?%))(\s?%)?"
    r"(?!\s?%|[\w/:]|\.\d|-\d| CL| confidence| interval)"
)
# What is no prose: code, markup, addresses.
CODE = re.compile(
    r"```.*?```|~~~.*?~~~|`[^`]*`|<style.*?</style>|<script.*?</script>|<[^>]+>|https?://\S+|^(?: {4}|\t)[^\n]*$",
    re.MULTILINE | re.DOTALL,
)


class Claim(BaseModel):
    """One sentence with the number that backs it: where it is, what it should be, how far off it may be."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    id: str
    text: str
    output: str
    key: list[str | int] = Field(min_length=1)
    value: float
    tolerance: float = Field(ge=0)
    quoted: list[str] = []


def read(root: Path) -> list[Claim]:
    """The claims of a project, none where it makes none.

    Raises:
        Refused: the file is not understood.
    """
    path = root / CLAIMS
    if not path.is_file():
        return []
    try:
        listed = (yaml.safe_load(path.read_text(encoding="utf-8")) or {"claims": []})["claims"]
        claims = [Claim.model_validate(claim) for claim in listed or []]
    except (yaml.YAMLError, UnicodeDecodeError, LookupError, TypeError) as error:
        raise Refused(f"{CLAIMS}: there should be a list under the key claims") from error
    except ValidationError as error:
        raise Refused(f"{CLAIMS}: {first_of(error)}") from error
    ids = [claim.id for claim in claims]
    if twice := [name for name in ids if ids.count(name) > 1]:
        raise Refused(f"{CLAIMS}: the id {twice[0]} stands twice")
    return claims


def found(claim: Claim, root: Path) -> float:
    """The number that came out.

    Raises:
        ValueError: there is no such number.
    """
    try:
        value: Any = json.loads((root / claim.output).read_text(encoding="utf-8"))
        for key in claim.key:
            value = value[key]
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise TypeError
    except OSError as error:
        raise ValueError(f"{claim.output} is not there") from error
    except (ValueError, LookupError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"{claim.output} has no number at {' / '.join(map(str, claim.key))}") from error
    return float(value)


def holds(claim: Claim, value: float) -> bool:
    """Whether a number is as the claim says, within its tolerance."""
    return abs(value - claim.value) <= claim.tolerance * (1 + 1e-12)


def unbacked(root: Path, prose: Iterable[str], backing: Iterable[Path], claims: list[Claim]) -> list[str]:
    """Numbers of the prose that no claim has and no JSON or YAML of outputs and parameters, as "file: number".

    Advice, never part of a verdict.
    """
    known = [claim.value for claim in claims]
    for path in backing:
        for file in [path] if path.is_file() else path.rglob("*.json"):
            # What cannot be read after all backs nothing.
            with contextlib.suppress(ValueError, OverflowError, RecursionError, yaml.YAMLError):
                if file.suffix == ".json":
                    known += numbers(json.loads(file.read_text(encoding="utf-8")))
                elif file.suffix in (".yaml", ".yml"):
                    known += numbers(yaml.safe_load(file.read_text(encoding="utf-8")))
    lines = []
    for name in prose:
        text = CODE.sub(" ", (root / name).read_text(encoding="utf-8", errors="replace"))
        for match in NUMBER.finditer(text):
            digits = len(match[1].partition(".")[2])
            factor = 100 if match[2] else 1
            if not any(round(abs(value) * factor, digits) == float(match[1]) for value in known):
                lines.append(f"{name}: {match[0].strip()}")
    return list(dict.fromkeys(lines))


def misquoted(root: Path, claims: list[Claim]) -> list[str]:
    """Files that a claim says quote it and that do not have its number, at any rounding down to two digits."""
    lines = []
    for claim in claims:
        for name in claim.quoted:
            text = (root / name).read_text(encoding="utf-8", errors="replace") if (root / name).is_file() else ""
            forms = {f"{claim.value:.{digits}f}" for digits in range(5)}
            forms |= {f"{100 * claim.value:.{digits}f}" for digits in range(3)}
            if not any(re.search(rf"(?<![\d.]){re.escape(form)}(?!\.?\d)", text) for form in forms):
                lines.append(f"{name} should quote the claim {claim.id} and has no {claim.value:g}")
    return lines


def numbers(value: Any) -> Iterator[float]:
    """Every number in JSON or YAML."""
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from numbers(inner)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield float(value)
