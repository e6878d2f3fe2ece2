"""The prompt `language`: a project's README and messages in English or Spanish, with the same content."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.project import TEMPLATE, Project

CHOICES = [("tabular", "no"), ("primary_particles", "no"), ("primary_particles", "torch"), ("blank", "torch")]


@pytest.mark.parametrize(("starter", "deep_learning"), CHOICES)
def test_both_readmes_say_the_same(bake: Callable[..., Project], starter: str, deep_learning: str) -> None:
    english, spanish = (
        (bake(starter=starter, deep_learning=deep_learning, language=language).path / "README.md").read_text(
            encoding="utf-8"
        )
        for language in ("en", "es")
    )
    assert "\n## Start\n" in english
    assert "\n## Empezar\n" in spanish
    assert skeleton(english) == skeleton(spanish)
    # Text in backticks is typed, or names a file.
    assert re.findall(r"`[^`\n]+`", english) != []
    assert set(re.findall(r"`[^`\n]+`", english)) <= set(re.findall(r"`[^`\n]+`", spanish))
    numbers = r"\d+\.\d+|\d+ %"
    assert set(re.findall(numbers, english)) == set(re.findall(numbers, spanish))


def skeleton(readme: str) -> list[str]:
    """The lines that a translation keeps: levels of headings, commands, columns of tables, names in the tree."""
    lines = []
    for line in readme.splitlines():
        if line.startswith("#"):
            lines.append(line.split()[0])
        elif line.startswith("    "):
            lines.append(line.partition("#")[0].rstrip())
        elif line.startswith("|"):
            lines.append("|" * line.count("|"))
        elif name := re.match(r"[│├└─ ]+[\w./]+", line):
            lines.append(name[0])
    return lines


@pytest.mark.parametrize(
    ("language", "ready", "description"),
    [("en", "is ready", "A machine-learning project"), ("es", "está listo", "Un proyecto de aprendizaje automático")],
)
def test_message_and_description_are_in_the_language(
    language: str, ready: str, description: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "cookiecutter", str(TEMPLATE), "--no-input", "--output-dir", str(tmp_path)]
    done = subprocess.run([*command, f"language={language}"], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert f"My ML project {ready}" in done.stdout
    for name in ("README.md", "pyproject.toml"):
        assert description in (tmp_path / "my_ml_project" / name).read_text(encoding="utf-8"), name
