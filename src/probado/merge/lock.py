"""Merge dvc.lock stage by stage, for git: two branches that changed different stages merge without hands."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import yaml

from probado.errors import Refused


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments, as git names them to a merge driver: %O %A %B."""
    parser.add_argument("base", type=Path, help="dvc.lock of the common ancestor")
    parser.add_argument("ours", type=Path, help="dvc.lock of this branch; gets the result")
    parser.add_argument("theirs", type=Path, help="dvc.lock of the other branch")


def run(options: argparse.Namespace) -> int:
    """Merge, and say what has to run again; returns the exit status, 1 if git must leave a conflict."""
    base, ours, theirs = (read(path) for path in (options.base, options.ours, options.theirs))
    merged, left = merge(base["stages"], ours["stages"], theirs["stages"])
    text = yaml.safe_dump({**ours, "stages": merged}, sort_keys=False, allow_unicode=True, width=10**6)
    partial = options.ours.with_name(options.ours.name + ".partial")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, options.ours)
    if left:
        print(f"dvc.lock: both branches ran {', '.join(left)} on other inputs: type dvc repro to run them again")
    return 0


def merge(base: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Merge the entries of stages.

    Returns:
        The merged entries, and the names of stages that both sides changed differently. These have no entry, so DVC
        runs them again.
    """
    merged, left = {}, []
    for name in [*ours, *(name for name in theirs if name not in ours)]:
        before, mine, other = base.get(name), ours.get(name), theirs.get(name)
        if mine == other or other == before:
            chosen = mine
        elif mine == before:
            chosen = other
        else:
            chosen = None
            left.append(name)
        if chosen is not None:
            merged[name] = chosen
    return merged, left


def read(path: Path) -> dict[str, Any]:
    """A dvc.lock; one without stages if the file is empty, as it is for git where a side has none.

    Raises:
        Refused: it is no dvc.lock of this schema.
    """
    try:
        text = path.read_text(encoding="utf-8")
        content = yaml.safe_load(text) if text.strip() else {"schema": "2.0", "stages": {}}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Refused(f"{path} cannot be read: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict) or content.get("schema") != "2.0" or not isinstance(content.get("stages"), dict):
        raise Refused(f"{path} is no dvc.lock of schema 2.0")
    return content
