"""The environment of a clean room: built from whichever lock a project has, or reused and marked."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
import subprocess
import venv
import zipfile
from pathlib import Path

import pytest

from probado.room import installers
from probado.room.environment import caller_path
from probado.room.installers import Pip, Uv
from probado.room.locks import Locked, Recipe, find_recipe
from tests.probado.conftest import SORT, Make, Prove, Repository, stage

pytestmark = pytest.mark.slow

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
    assert "environment reused" in verdict.evidence["headline"]


def test_a_tool_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for lock, program in (("poetry.lock", "poetry"), ("pixi.lock", "pixi")):
        (tmp_path / lock).write_text("")
        said = find_recipe(Locked(tmp_path, tmp_path, tmp_path / "env"))
        assert said == f"{lock} needs {program}, which is not installed here"
        # Another lock serves, where there is one.
        (tmp_path / "requirements.txt").write_text(f"tiny==1.0 --hash=sha256:{'0' * 64}\n")
        assert isinstance(find_recipe(Locked(tmp_path, tmp_path, tmp_path / "env")), Recipe)
        (tmp_path / lock).unlink()
        (tmp_path / "requirements.txt").unlink()


# Programs that install the package `tiny` where poetry and pixi do.
POETRY = """#!/bin/sh
test "$1" = install && cp "$HERE/tiny.py" "$VIRTUAL_ENV"/lib/python3*/site-packages/
"""
PIXI = """#!/bin/sh
test "$1" = install || exit 1
mkdir -p .pixi/envs && python3 -m venv --without-pip .pixi/envs/default
cp "$HERE/tiny.py" .pixi/envs/default/lib/python3*/site-packages/
"""


@pytest.mark.parametrize(("lock", "program", "text"), [("poetry.lock", "poetry", POETRY), ("pixi.lock", "pixi", PIXI)])
def test_other_locks_are_installed_by_their_own_tools(
    lock: str, program: str, text: str, make: Make, prove: Prove, tmp_path: Path
) -> None:
    """And the environment stays where it is while the clone is cleaned and moved."""
    repository = make({"sort": SORT}, **{lock: "", ".gitignore": ".pixi\n"})
    tiny_wheel(repository.path / "vendor")
    use_tiny(repository)
    (tmp_path / "tiny.py").write_text("TEXT = 'from the lock'\n")
    (tmp_path / program).write_text(text.replace("$HERE", str(tmp_path)))
    (tmp_path / program).chmod(stat.S_IRWXU)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    verdict = prove(repository, "--perturb", environment="build", PATH=path)
    assert (verdict.status, verdict.evidence["verdict"]) == (0, "EXACT"), verdict.said
    assert verdict.evidence["environment"]["made"] == f"built from {lock}"


def test_what_building_leaves_in_the_clone_stays_there(make: Make, prove: Prove, tmp_path: Path) -> None:
    """Such as the file of the version that build hooks write."""
    command = "python -c \"import sys; sys.path[:0] = ['.']; import _version; open('out.txt', 'w').write(_version.V)\""
    ignored = {".gitignore": "_version.py\n__pycache__/\n"}
    repository = make({"sort": SORT}, **ignored, **{"poetry.lock": "", "_version.py": "V = '1'\n"})
    repository.stages({"sort": SORT, "use": stage(command, ["sorted.txt"], "out.txt")})
    repository.repro()
    repository.commit()
    (tmp_path / "poetry").write_text("#!/bin/sh\necho \"V = '1'\" > _version.py\n")
    (tmp_path / "poetry").chmod(stat.S_IRWXU)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    verdict = prove(repository, "--perturb", environment="build", PATH=path)
    assert (verdict.status, verdict.evidence["verdict"]) == (0, "EXACT"), verdict.said


def test_locks_without_a_project_or_hashes(tmp_path: Path) -> None:
    """requirements/base.lock of somebody else."""
    (tmp_path / "requirements").mkdir()
    lock = tmp_path / "requirements" / "base.lock"
    lock.write_text("tiny==1.0\n")
    assert find_recipe(Locked(tmp_path, tmp_path, tmp_path / "env")) == "there are no hashed locks"
    lock.write_text(f"tiny==1.0 --hash=sha256:{'0' * 64}\n")
    recipe = find_recipe(Locked(tmp_path, tmp_path, tmp_path / "env"))
    assert isinstance(recipe, Recipe) and not any("--editable" in command for command in recipe.commands)


@pytest.mark.parametrize("text", ["3.11", "3.11.7\n", "cpython-3.11", "3.11.99"])
def test_the_python_that_a_project_names(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "python3.11"
    program.write_text("")
    program.chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / ".python-version").write_text(text)
    assert Locked(tmp_path, tmp_path, tmp_path / "env").python() == str(program)


def test_an_environment_that_uv_made_for_the_judge_is_none_of_the_callers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "archive-v0" / "x"
    monkeypatch.setattr("sys.prefix", str(tool))
    monkeypatch.setenv("PATH", os.pathsep.join([str(tool / "bin"), "/mine", "/usr/bin"]))
    assert caller_path() == ["/mine", "/usr/bin"]


def test_packages_that_setuptools_finds_by_a_hook(make: Make, prove: Prove) -> None:
    """An editable install of a package outside of src/: the clone's own package is imported."""
    files = {".gitignore": ".venv\n__pycache__/\n", "own/__init__.py": "NUMBER = 42\n", ".dvcignore": "__pycache__/\n"}
    repository = make({"sort": SORT}, **files)
    venv.create(repository.path / ".venv", with_pip=False, symlinks=True)
    (site,) = repository.path.glob(".venv/lib/python*/site-packages")
    (site / "__editable___own_finder.py").write_text(
        f"import sys, importlib.util as u\nMAPPING = {{'own': {str(repository.path / 'own')!r}}}\n"
        "class Finder:\n    @staticmethod\n    def find_spec(name, path=None, target=None):\n"
        "        if name in MAPPING: return u.spec_from_file_location(name, MAPPING[name] + '/__init__.py')\n"
        "sys.meta_path.append(Finder)\n"
    )
    (site / "own.pth").write_text("import __editable___own_finder\n")
    (repository.path / "code").mkdir()
    (repository.path / "code" / "use.py").write_text("import own\nopen('out.txt', 'w').write(str(own.NUMBER))\n")
    programs = f"{repository.path / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    repository.stages({"sort": SORT, "use": stage("python code/use.py", ["code", "own"], "out.txt")})
    repository.repro(PATH=programs)
    repository.commit()
    verdict = prove(repository, "--perturb")
    assert (verdict.status, verdict.evidence["verdict"]) == (0, "EXACT"), verdict.said
