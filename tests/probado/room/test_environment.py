"""The environment of a clean room: built from whichever lock a project has, or reused and marked."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import stat
import subprocess
import zipfile
from pathlib import Path

import pytest

from probado.room import installers
from probado.room.installers import Pip, Uv
from probado.room.locks import Locked, Recipe, find_recipe
from tests.probado.conftest import SORT, Make, Prove, Repository, stage

USE = "python -c \"import tiny; open('out.txt', 'w').write(tiny.TEXT)\""


def tiny_wheel(folder: Path) -> Path:
    """A wheel of the package `tiny`, which no index has."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "tiny.py": "TEXT = 'from the lock'\n",
        "tiny-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
        "tiny-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for name, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{name},sha256={digest},{len(text)}\n"
    wheel = folder / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in {**files, "tiny-1.0.dist-info/RECORD": record + "tiny-1.0.dist-info/RECORD,,\n"}.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return wheel


def use_tiny(repository: Repository) -> None:
    """Give a repository a stage that needs the package, run it, and commit."""
    repository.stages({"sort": SORT, "use": stage(USE, ["sorted.txt"], "out.txt")})
    repository.repro(PYTHONPATH=str(repository.path / "vendor" / "tiny-1.0-py3-none-any.whl"))
    repository.commit()


def test_from_uv_lock(make: Make, prove: Prove, tmp_path: Path) -> None:
    repository = make({"sort": SORT}, **{".gitignore": ".venv\n"})
    tiny_wheel(repository.path / "vendor")
    repository.write(
        **{
            "pyproject.toml": '[project]\nname = "plain"\nversion = "1"\nrequires-python = ">=3.11"\n'
            'dependencies = ["tiny"]\n[tool.uv]\npackage = false\n'
            '[tool.uv.sources]\ntiny = { path = "vendor/tiny-1.0-py3-none-any.whl" }\n'
        }
    )
    uv = ["uv", "lock", "--quiet", "--offline"]
    subprocess.run(uv, cwd=repository.path, check=True, env={**os.environ, "UV_CACHE_DIR": str(tmp_path / "cache")})
    use_tiny(repository)
    verdict = prove(repository, environment="build", UV_CACHE_DIR=str(tmp_path / "cache"), UV_OFFLINE="1")
    assert (verdict.status, verdict.evidence["verdict"]) == (0, "EXACT"), verdict.said
    assert verdict.evidence["environment"]["made"] == "built from uv.lock"
    assert not (repository.path / ".venv").exists()


@pytest.mark.parametrize("installer", [Uv, Pip])
def test_from_hashed_requirements(
    installer: type, make: Make, prove: Prove, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = make({"sort": SORT})
    wheel = tiny_wheel(repository.path / "vendor")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    repository.write(**{"requirements.txt": f"tiny==1.0 \\\n    --hash=sha256:{digest}\n"})
    use_tiny(repository)
    monkeypatch.setenv("PIP_FIND_LINKS", str(repository.path / "vendor"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    installers.pip_settings.cache_clear()
    if installer is Pip:
        monkeypatch.setattr("probado.room.installers.find_uv", lambda _: None)
    verdict = prove(repository, environment="build", UV_CACHE_DIR=str(tmp_path / "cache"), UV_OFFLINE="1")
    installers.pip_settings.cache_clear()
    assert (verdict.status, verdict.evidence["verdict"]) == (0, "EXACT"), verdict.said
    assert verdict.evidence["environment"]["made"] == "built from requirements.txt"


def test_a_lock_whose_package_cannot_be_had_is_no_verdict(make: Make, prove: Prove, tmp_path: Path) -> None:
    repository = make({"sort": SORT}, **{"requirements.txt": f"absent==1.0 --hash=sha256:{'0' * 64}\n"})
    verdict = prove(repository, environment="build", UV_CACHE_DIR=str(tmp_path / "cache"), UV_OFFLINE="1")
    assert (verdict.status, verdict.evidence) == (2, {})
    assert verdict.said.splitlines()[-1].startswith("prove: the environment could not be built from requirements.txt")


@pytest.mark.parametrize("name", ["requirements.txt", None])
def test_without_a_hashed_lock_it_is_reused_and_marked(name: str | None, make: Make, prove: Prove) -> None:
    repository = make({"sort": SORT}, **({name: "numpy\n"} if name else {}))
    verdict = prove(repository, environment="build")
    assert verdict.status == 0, verdict.said
    assert verdict.evidence["environment"]["made"] == "reused: there are no hashed locks"
    assert "(environment reused)" in verdict.evidence["headline"]


@pytest.mark.parametrize(
    ("lock", "program", "command", "binaries"),
    [
        ("poetry.lock", "poetry", "install --no-interaction", "env/bin"),
        ("pixi.lock", "pixi", "install --quiet --frozen", "clone/.pixi/envs/default/bin"),
    ],
)
def test_other_locks_are_installed_by_their_own_tools(
    lock: str, program: str, command: str, binaries: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "clone").mkdir()
    (tmp_path / "clone" / lock).write_text("")
    locked = Locked(tmp_path / "clone", tmp_path, tmp_path / "env")
    if not shutil.which(program):
        assert find_recipe(locked) == f"{lock} needs {program}, which is not installed here"
    (tmp_path / program).write_text("#!/bin/sh\n")
    (tmp_path / program).chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    recipe = find_recipe(locked)
    assert isinstance(recipe, Recipe) and recipe.lock == lock
    assert " ".join(recipe.commands[-1]).startswith(f"{tmp_path / program} {command}")
    assert recipe.binaries == tmp_path / binaries
