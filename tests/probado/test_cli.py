"""The command line: one table of commands."""

from __future__ import annotations

import importlib
import tomllib

import pytest

import probado
from probado.cli import COMMANDS, main
from tests.project import TEMPLATE


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    for name, (module, does) in COMMANDS.items():
        assert name in said and does.partition(" ")[0] in said
        assert callable(importlib.import_module(module).run)


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert (ended.value.code, capsys.readouterr().out) == (0, f"probado {probado.__version__}\n")


@pytest.mark.parametrize(
    "arguments", [[], ["judge"], ["prove", "--swift"], ["prove", "--limit", "-1"], ["prove", "--limit", "nan"]]
)
def test_a_mistyped_command_is_a_usage_error(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: probado")


def test_the_program_is_the_command_line() -> None:
    settings = tomllib.loads((TEMPLATE / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["project"]["scripts"] == {"probado": "probado.cli:main"}
