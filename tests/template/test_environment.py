"""The environment: exactly the hashed locks, built by one command on a machine with hardly any programs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from probado.room.installers import package_sources
from tests.project import TEMPLATE, TREE, Project, bake_project, clean_environment, locks

LOCKS = [*locks(), TEMPLATE / "requirements.lock"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_has_hashes_for_everything_and_names_no_place(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text and "file:" not in text and "find-links" not in text and "index" not in text
    entries = re.split(r"\n(?! )", text.rstrip("\n"))
    for entry in entries:
        assert re.match(r"[a-z0-9._-]+==\S+", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry


def test_only_the_deep_groups_hold_torch_and_none_but_gpu_holds_cuda() -> None:
    named = {lock.stem: re.findall(r"(?m)^([a-z0-9._-]+)==(\S+)", lock.read_text(encoding="utf-8")) for lock in LOCKS}
    holding = {group for group, pins in named.items() if any(name == "torch" for name, _ in pins)}
    assert holding == {"deep-cpu", "deep-gpu"}
    cuda = {group for group, pins in named.items() if any(name.startswith("nvidia-") for name, _ in pins)}
    assert cuda == {"deep-gpu"}
    assert ("torch", "2.13.0+cpu") in named["deep-cpu"]


def test_groups_agree_on_every_version() -> None:
    base = dict(re.findall(r"(?m)^([a-z0-9._-]+)==([^\s;]+)(?= \\)", (TREE / "requirements/base.lock").read_text()))
    for lock in LOCKS:
        # build.lock is for isolated builds, requirements.lock for the template's own tools.
        if lock.name not in {"base.lock", "build.lock", "requirements.lock"}:
            for name, version in re.findall(r"(?m)^([a-z0-9._-]+)==([^\s;]+)(?= \\)", lock.read_text()):
                assert base.get(name, version) == version, (lock.name, name)


def test_every_direct_dependency_is_locked(bake: Callable[..., Project]) -> None:
    project = bake(deep_learning="torch")
    metadata = tomllib.loads((project.path / "pyproject.toml").read_text(encoding="utf-8"))
    groups = {"base": metadata["project"]["dependencies"], **metadata["dependency-groups"]}
    assert {f"{group}.lock" for group in groups} == {path.name for path in project.path.glob("requirements/*.lock")}
    for group, requirements in groups.items():
        # What base installs everywhere, the others do not name again.
        locks = [project.path / "requirements" / f"{name}.lock" for name in ("base", group)]
        lock = "\n".join(lock.read_text(encoding="utf-8") for lock in locks)
        for requirement in requirements:
            name = re.match(r"[A-Za-z0-9._-]+", requirement)
            assert name and re.search(rf"(?m)^{name[0]}==", lock), (group, requirement)


@pytest.mark.slow
def test_an_empty_home_and_no_network_build_it_from_a_warm_cache(tmp_path: Path, environment: dict[str, str]) -> None:
    """With the shared environment built, uv's cache is warm: the same again without a network, into a fresh .venv.

    Without one: in a network namespace of its own, where the system lets us; else uv alone is kept off it.
    """
    cache = subprocess.run(["uv", "cache", "dir"], env=environment, capture_output=True, text=True, check=True)
    # A home of its own has no pip.conf, and uv's cache keeps the files of each index apart.
    plain = {**clean_environment(), **package_sources()}
    project = bake_project(tmp_path / "a folder", {**plain, "HOME": str(tmp_path / "home")}, deep_learning="torch")
    # The environment of another folder, as in a project that was copied.
    elsewhere = tmp_path / "elsewhere" / ".venv"
    subprocess.run(["python3", "-m", "venv", "--without-pip", elsewhere], check=True)
    (elsewhere / "bin" / "uv").symlink_to("/bin/false")
    elsewhere.rename(project.path / ".venv")
    alone = ["unshare", "-rn"]
    if subprocess.run([*alone, "true"], capture_output=True).returncode != 0:
        alone = []
    project.run(*alone, "make", "env", "DEEP=cpu", UV_CACHE_DIR=cache.stdout.strip(), UV_OFFLINE="1")
    python = project.path / ".venv" / "bin" / "python"
    for module in ("mlops.tracking", f"{project.module}.common.config", "pandas", "torch"):
        project.run(str(python), "-c", f"import {module}", PYTHONSAFEPATH="1")
    assert str(project.path / ".venv") in (project.path / ".venv/bin/activate").read_text(encoding="utf-8")
    # MLflow finds the plugin through the installed project.
    code = "from importlib.metadata import entry_points as e; print(*e(group='mlflow.run_context_provider'))"
    assert "mlops.tracking:RunContext" in project.run(str(python), "-c", code).stdout
    # Bytecode exists before the first import.
    assert list((project.path / ".venv").glob("lib/python*/site-packages/pandas/__pycache__/*.pyc"))
    assert "nvidia" not in project.run(".venv/bin/uv", "pip", "list").stdout
    # A plain `uv run` makes no lock of its own.
    project.run(".venv/bin/uv", "run", "--offline", "python", "-c", "pass")
    assert not (project.path / "uv.lock").exists()
    assert project.run("git", "status", "--porcelain").stdout == ""


@pytest.mark.slow
def test_a_group_that_the_project_lacks(bake: Callable[..., Project]) -> None:
    done = bake().run("python3", "-m", "mlops", "env", "--with", "deep-cpu", check=False)
    assert done.returncode != 0
    assert done.stderr.strip() == (
        "mlops env: there is no requirements/deep-cpu.lock: this project was made without that group"
    )


@pytest.mark.parametrize(
    ("option", "given", "variable", "passed"),
    [
        ("find-links", "/a /b", "UV_FIND_LINKS", "/a,/b"),
        ("index-url", "/a", "UV_DEFAULT_INDEX", "/a"),
        ("extra-index-url", "/a /b", "UV_INDEX", "/a /b"),
        ("cert", "/a", "SSL_CERT_FILE", "/a"),
    ],
)
def test_sources_are_passed_on_from_pip(
    bake: Callable[..., Project], tmp_path: Path, option: str, given: str, variable: str, passed: str
) -> None:
    """Set by variable or in pip's configuration."""
    project = bake()
    theirs = ("PIP_", "UV_", "SSL_")
    without = {key: value for key, value in project.environment.items() if not key.startswith(theirs)}

    def told(settings: dict[str, str]) -> str:
        code = f"from mlops.environment import uv_environment; print(uv_environment().get({variable!r}))"
        return Project(project.path, project.module, {**without, **settings}).run("python3", "-c", code).stdout.strip()

    by_variable = {"PIP_" + option.upper().replace("-", "_"): given}
    by_file = {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf")}
    (tmp_path / "pip.conf").write_text(f"[global]\n{option} = /c\n")
    assert told({"PIP_CONFIG_FILE": os.devnull}) == "None"
    assert told({"PIP_CONFIG_FILE": os.devnull, **by_variable}) == passed
    assert told(by_file) == "/c"
    assert told(by_file | by_variable) == passed


def installed(version: str) -> str:
    """A Python of that version, on PATH or among pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    found = [shutil.which(f"python{version}"), *pyenv.glob(f"versions/{version}.*/bin/python")]
    for python in found:
        if python and subprocess.run([python, "-c", ""], capture_output=True).returncode == 0:
            return str(python)
    pytest.skip(f"no Python {version} is installed here")


@pytest.mark.parametrize("version", ["3.9", "3.10"])
def test_an_old_python_is_told_what_is_needed(bake: Callable[..., Project], version: str) -> None:
    python = installed(version)
    done = bake().run("make", "env", f"PYTHON={python}", check=False)
    assert done.returncode != 0
    assert f"mlops env: Python 3.11 or newer is needed, found {version}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("version", ["3.12", "3.13"])
def test_a_newer_python_runs_the_pipeline(version: str, tmp_path: Path) -> None:
    python = installed(version)
    # Without the bytecode of what the pipeline does not use.
    project = bake_project(tmp_path, {**clean_environment(), "UV_COMPILE_BYTECODE": "0"})
    project.edit("configs/config.yaml", "resamples: 200", "resamples: 20")
    project.run("make", "env", f"PYTHON={python}")
    assert "Running stage 'report'" in project.run("make", "reproduce").stdout
