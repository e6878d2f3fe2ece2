"""probado claim: a first claim, about a number as it came out."""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path
from typing import Any

import yaml

from probado.errors import Refused
from probado.evidence.claim import Claim, Setting
from probado.prove.claims import CLAIMS, number_at, read_claims, value_at

METRICS = "reports/metrics.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = "Edit the sentence and the tolerance in claims.yaml afterwards."
    parser.add_argument("output", nargs="?", default=METRICS, help=f"a JSON file that a stage writes ({METRICS})")
    parser.add_argument("key", nargs="*", help="leads to the number in it (default: to the first one)")
    parser.add_argument("--id", help="its name (default: from the key)")
    where = "the setting that it is made for, such as: configs/config.yaml defaults.0.data"
    parser.add_argument("--where", nargs=2, metavar=("FILE", "KEY"), help=where)


def run(options: argparse.Namespace) -> int:
    """Add the claim to claims.yaml; returns 0, 2 where there is no such number or such a claim already."""
    try:
        claim = proposed(Path(), options)
        if claim.id in {known.id for known in read_claims(Path())}:
            raise Refused(f"{CLAIMS} has a claim {claim.id} already: name another one by --id")
        write(Path(CLAIMS), claim)
    except (Refused, OSError, ValueError) as error:
        print(f"probado claim: {error}", file=sys.stderr)
        return 2
    print(f"{CLAIMS}: {claim.text} Its tolerance is {claim.tolerance:g}. Say what it means, commit it, and prove it.")
    return 0


def proposed(root: Path, options: argparse.Namespace) -> Claim:
    """The claim that a number is what it is, to three digits; it may differ in the second one by one.

    Raises:
        Refused: there is no such output, or no number in it.
        ValueError: there is no such number or setting.
    """
    if not (root / options.output).is_file():
        raise Refused(f"there is no {options.output}: run the pipeline first, or name another output")
    content = json.loads((root / options.output).read_text(encoding="utf-8"))
    key = [int(part) if part.isdecimal() else part for part in options.key] or first_number(content)
    name = options.id or "_".join(str(part) for part in key if part not in ("metrics", "value"))
    where = None
    if options.where:
        file, path = options.where
        steps: list[str | int] = [int(part) if part.isdecimal() else part for part in path.split(".")]
        where = Setting(file=file, key=steps, value=value_at(root / file, steps))
    found = number_at(Claim(id=name, text="", output=options.output, key=key, value=0, tolerance=0), root)
    digits = 2 - math.floor(math.log10(abs(found))) if found else 3
    name = name if where is None else f"{name}_{where.value}"
    text = f"{' '.join(map(str, key))} of {options.output} is {round(found, digits):g}."
    tolerance = float(f"1e{1 - digits}")
    return Claim(
        id=name, text=text, output=options.output, key=key, value=round(found, digits), tolerance=tolerance, where=where
    )


def first_number(content: Any) -> list[str | int]:
    """The key of the first metric, or else of the first number.

    Raises:
        Refused: there is no number.
    """
    if isinstance(content, dict) and content.get("metrics"):
        return ["metrics", next(iter(content["metrics"])), "value"]
    steps = enumerate(content) if isinstance(content, list) else content.items() if isinstance(content, dict) else ()
    for key, value in steps:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return [key]
        if isinstance(value, dict | list) and value:
            return [key, *first_number(value)]
    raise Refused("it has no number")


def write(file: Path, claim: Claim) -> None:
    """Add a claim at the end of the list; what is there stays as it was, comments too."""
    lines = yaml.safe_dump([claim.model_dump(exclude_defaults=True)], sort_keys=False, allow_unicode=True, width=110)
    text = file.read_text(encoding="utf-8") if file.is_file() else "claims:"
    added = "".join(f"  {line}\n" for line in lines.splitlines())
    file.write_text(f"{text.replace('claims: []', 'claims:').rstrip()}\n{added}", encoding="utf-8")
