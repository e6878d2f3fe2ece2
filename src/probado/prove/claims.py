"""The sentences that a project stands for (claims.yaml), checked against what came out."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from probado.errors import Refused
from probado.evidence.claim import Claim
from probado.evidence.proof import ClaimResult
from probado.repository.paths import inside
from probado.text import first_mistake

CLAIMS = "claims.yaml"


def read_claims(root: Path) -> list[Claim]:
    """The claims of a project; none where it makes none.

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
        raise Refused(f"{CLAIMS}: {first_mistake(error)}") from error
    ids = [claim.id for claim in claims]
    if repeated := [name for name in ids if ids.count(name) > 1]:
        raise Refused(f"{CLAIMS}: the id {repeated[0]} stands twice")
    return claims


def holds(claim: Claim, value: float) -> bool:
    """Whether a number is as close as its claim says, but for the rounding of floating-point numbers."""
    return abs(value - claim.value) <= claim.tolerance * (1 + 1e-12)


def applies(claim: Claim, root: Path) -> bool:
    """Whether a claim is about the settings of a project as they are."""
    if claim.where is None:
        return True
    try:
        return bool(value_at(root / claim.where.file, claim.where.key) == claim.where.value)
    except ValueError:
        return False


def value_at(file: Path, key: list[str | int]) -> Any:
    """A setting in a YAML or JSON file.

    Raises:
        ValueError: there is none.
    """
    try:
        value: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
        for step in key:
            value = value[step]
    except (OSError, UnicodeDecodeError, yaml.YAMLError, LookupError, TypeError) as error:
        raise ValueError(f"{file} has nothing at {'.'.join(map(str, key))}") from error
    return value


def check_claim(claim: Claim, root: Path, written: Collection[str], known: Collection[str]) -> ClaimResult:
    """Check one claim, and print a line about it.

    Args:
        claim: the sentence and its number.
        root: the project in the clone.
        written: outputs that came out.
        known: outputs of all stages, those included that were not run.
    """
    value, state, detail = None, "broken", f"no stage writes {claim.output}"
    if claim.where and not applies(claim, root):
        setting = f"{claim.where.file}: {'.'.join(map(str, claim.where.key))} is not {claim.where.value}"
        state, detail = "aside", f"it is about other results: {setting}"
    elif inside(claim.output, written):
        try:
            value, detail = number_at(claim, root), ""
            state = "held" if holds(claim, value) else "broken"
        except ValueError as error:
            detail = str(error)
    elif inside(claim.output, known):
        state, detail = "open", "its stage was not run"
    result = detail if value is None else f"came out {value:g}"
    print(f"  claim {claim.id:22} {state:7} claimed {claim.value:g} ± {claim.tolerance:g}, {result}")
    return ClaimResult.model_validate({**claim.model_dump(), "found": value, "state": state, "detail": detail})


def number_at(claim: Claim, root: Path) -> float:
    """The number that a claim names, in JSON.

    Raises:
        ValueError: there is no such number.
    """
    try:
        value: Any = json.loads((root / claim.output).read_text(encoding="utf-8"))
        for key in claim.key:
            value = value[key]
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise TypeError
        return float(value)
    except OSError as error:
        raise ValueError(f"{claim.output} is not there") from error
    except (ValueError, LookupError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"{claim.output} has no number at {' / '.join(map(str, claim.key))}") from error


def misquoted(root: Path, claims: list[Claim]) -> list[str]:
    """Files that should quote a claim and lack its number, at any rounding down to two digits; one line each."""
    lines = []
    for claim in claims:
        for name in claim.quoted:
            text = (root / name).read_text(encoding="utf-8", errors="replace") if (root / name).is_file() else ""
            forms = {f"{claim.value:.{digits}f}" for digits in range(5)}
            forms |= {f"{100 * claim.value:.{digits}f}" for digits in range(3)}
            if not any(re.search(rf"(?<![\d.]){re.escape(form)}(?!\.?\d)", text) for form in forms):
                lines.append(f"{name} should quote the claim {claim.id} and has no {claim.value:g}")
    return lines
