"""Tiny repositories with git and DVC, made and judged in this process, and what a proof of one says."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from probado.cli import main

# git without the settings of whoever runs the tests.
AUTHOR = ["-c", "user.name=Test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false"]
QUIET = {"DVC_NO_ANALYTICS": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the few tests that take a minute, so that no worker is left alone with them."""
    items.sort(key=lambda item: item.path.name != "test_project.py")


@pytest.fixture(autouse=True)
def variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables of a caller: the tests' own Python first on PATH, no settings of this machine's git."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    for name, value in QUIET.items():
        monkeypatch.setenv(name, value)


@dataclass
class Repository:
    """A repository with a pipeline, and how a person acts on it."""

    path: Path

    def git(self, *arguments: str) -> str:
        """Run git, which has to succeed; returns what it prints."""
        done = subprocess.run(["git", *AUTHOR, *arguments], cwd=self.path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def write(self, **files: str) -> None:
        """Write files."""
        for name, text in files.items():
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            (self.path / name).write_text(text, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text that stands in a file once."""
        text = (self.path / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        (self.path / name).write_text(text.replace(old, new), encoding="utf-8")

    def stages(self, stages: dict[str, Any]) -> None:
        """Write dvc.yaml."""
        self.write(**{"dvc.yaml": yaml.safe_dump({"stages": stages})})

    def repro(self, **variables: str) -> None:
        """Run dvc repro, under these variables."""
        from dvc.repo import Repo

        with contextlib.chdir(self.path), changed(os.environ, variables), Repo() as repo:
            repo.reproduce()

    def record(self) -> None:
        """Let dvc.lock have the outputs as they are, whatever the stages would write."""
        from dvc.repo import Repo

        with contextlib.chdir(self.path), Repo() as repo:
            repo.commit(force=True)

    def commit(self) -> str:
        """Commit everything as it is; returns the hash."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", "Test")
        return self.git("rev-parse", "HEAD").strip()

    def lock(self) -> dict[str, Any]:
        """The stages of dvc.lock."""
        return dict(yaml.safe_load((self.path / "dvc.lock").read_text(encoding="utf-8"))["stages"])

    def copy(self, target: Path) -> Repository:
        """An independent copy."""
        shutil.copytree(self.path, target, symlinks=True)
        return Repository(target)

    def tree(self) -> dict[str, bytes]:
        """Every file but the proof, and what programs keep for themselves."""
        own = re.compile(r"(^|/)(\.git|\.dvc/tmp|\.venv|__pycache__|\.runs)/|^(reports|proof)/proof\.")
        files = {path.relative_to(self.path).as_posix(): path for path in self.path.rglob("*") if path.is_file()}
        return {name: path.read_bytes() for name, path in files.items() if not own.search(name)}


class Evidence(dict[str, Any]):
    """A proof; where there is none, a test that looks into it shows what was said instead."""

    def __init__(self, found: dict[str, Any], said: str) -> None:
        super().__init__(found)
        self.said = said

    def __missing__(self, key: str) -> Any:
        raise AssertionError(f"no {key} in the proof: {self.said}")


@dataclass
class Verdict:
    """How a proof ended: its status, what it printed, its evidence (empty where it left none)."""

    status: int
    said: str
    evidence: dict[str, Any]

    @property
    def causes(self) -> list[tuple[str, str]]:
        """The causes that it names, each with its stage."""
        return [(cause["stage"], cause["cause"]) for cause in self.evidence["causes"]]


Make = Callable[..., Repository]
Prove = Callable[..., Verdict]


def stage(command: str, deps: list[str], *outs: Any, **more: Any) -> dict[str, Any]:
    """A stage as dvc.yaml has it."""
    return {"cmd": command, "deps": deps, "outs": list(outs), **more}


SORT = stage("sort raw.txt > sorted.txt", ["raw.txt"], "sorted.txt")


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of git and DVC without stages. Only to be copied."""
    from dvc.repo import Repo

    folder = tmp_path_factory.mktemp("empty") / "plain"
    folder.mkdir()
    Repository(folder).git("init", "--quiet", "-b", "main")
    with contextlib.redirect_stdout(io.StringIO()):
        Repo.init(str(folder)).close()
    (folder / "raw.txt").write_text("3\n1\n2\n", encoding="utf-8")
    return folder


@pytest.fixture
def make(empty: Path, tmp_path: Path) -> Make:
    """Make a repository of these stages and files, run it, and commit."""

    def make(stages: dict[str, Any], **files: str) -> Repository:
        repository = Repository(empty).copy(tmp_path / "plain")
        repository.stages(stages)
        repository.write(**files)
        repository.repro()
        repository.commit()
        return repository

    return make


@pytest.fixture
def script(make: Make) -> Make:
    """Make a repository whose second stage runs this Python, which writes `out`."""

    def script(output: str, code: str, **more: Any) -> Repository:
        text = f"from pathlib import Path\nout = Path({output!r})\n{code}\n"
        second = stage("python second.py", ["sorted.txt", "second.py"], output)
        return make({"sort": SORT, "second": second}, **{"second.py": text, **more})

    return script


@pytest.fixture
def prove(capsys: pytest.CaptureFixture[str]) -> Prove:
    """Prove a repository by the command line, in this process and in the environment that is there."""

    def prove(repository: Repository, *options: str, environment: str = "reuse", **variables: str) -> Verdict:
        before = repository.tree()
        capsys.readouterr()
        with changed(os.environ, variables):
            status = main(["prove", str(repository.path), "--env", environment, *options])
        said = "".join(capsys.readouterr())
        assert repository.tree() == before, "the project is not as it was"
        assert "Traceback" not in said, said
        kept = [repository.path / folder / "proof.json" for folder in ("reports", "proof")]
        evidence: dict[str, Any] = next(
            (json.loads(path.read_text(encoding="utf-8")) for path in kept if path.is_file()), {}
        )
        return Verdict(status, said, Evidence(evidence, said=said))

    return prove


@contextlib.contextmanager
def changed(mapping: Any, values: dict[str, str]) -> Iterator[None]:
    """Change some values of a mapping for a while."""
    before = dict(mapping)
    mapping.update(values)
    try:
        yield
    finally:
        mapping.clear()
        mapping.update(before)
