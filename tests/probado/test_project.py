"""The judge in projects of this template, from the wheel that lies in their requirements/. Few: each takes a minute."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import zipfile
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from probado.room.installers import package_sources
from probado.room.packages import pins
from tests.probado.conftest import SORT, Make, Prove, changed
from tests.project import TEMPLATE, TREE, Project, bake_project

pytestmark = pytest.mark.slow

(WHEEL,) = (TREE / "requirements").glob("probado-*.whl")
# As scikit-learn's forests add up what their trees predict, without the seconds that its import takes.
FOREST = """
import threading
import joblib, numpy as np
trees, total, lock = np.random.default_rng(0).normal(size=(60, 4000)), np.zeros(4000), threading.Lock()
def add(tree):
    value = np.sin(tree)
    with lock:
        np.add(total, value, out=total)
joblib.Parallel(n_jobs=2, require="sharedmem")(joblib.delayed(add)(tree) for tree in trees)
np.save(out, total)
"""


def evidence(project: Project) -> dict[str, Any]:
    """The proof of a project."""
    return dict(json.loads((project.path / "reports" / "proof.json").read_text(encoding="utf-8")))


def test_the_whole_pipeline_under_other_circumstances(blank: Project, tmp_path: Path) -> None:
    project = blank.copy(tmp_path / "project")
    done = project.run("probado", "prove", "--env", "reuse", "--perturb")
    proof = evidence(project)
    assert proof["verdict"] == "EXACT", done.stdout
    assert len(proof["outputs"]) == 12
    assert not any(stage["problems"] for stage in proof["stages"])
    assert {stage["name"] for stage in proof["stages"] if stage["network"] == "allowed"} == {"acquire"}
    assert all(line["held"] for line in proof["perturbations"]), done.stdout
    assert {claim["state"] for claim in proof["claims"]} == {"held"}
    assert (proof["judge"]["as_installed"], proof["judge"]["of_project"]) == (True, True)
    project.commit()
    assert project.run("probado", "prove", "--check").returncode == 0
    shutil.copy(project.path / "reports" / "proof.json", tmp_path / "elsewhere.json")
    assert project.run("probado", "prove", "--against", str(tmp_path / "elsewhere.json")).returncode == 0


def test_make_prove_builds_the_environment_offline(blank: Project, tmp_path: Path) -> None:
    """The cache is warm, since the shared environment was built; there is no network, where the system lets us."""
    project = blank.copy(tmp_path / "project")
    cache = project.run("uv", "cache", "dir").stdout.strip()
    # Two stages show that the environment works.
    text = (project.path / "dvc.yaml").read_text(encoding="utf-8")
    (project.path / "dvc.yaml").write_text(text[: text.index("  featurize:\n")], encoding="utf-8")
    (project.path / "claims.yaml").unlink()
    project.commit()
    alone = ["unshare", "-rn"]
    if subprocess.run([*alone, "true"], capture_output=True).returncode != 0:
        alone = []
    done = project.run(*alone, "make", "prove", UV_CACHE_DIR=cache, UV_OFFLINE="1")
    assert "building the environment from requirements/*.lock" in done.stdout
    assert "EXACT: 3 of 3 outputs are the committed bytes" in done.stdout
    assert evidence(project)["environment"]["drifted"] == []
    out = tmp_path / "prepare.json"
    project.run(*alone, "probado", "prove", "--env", "reuse", "--diagnose", "--stage", "prepare", "--out", str(out))
    diagnosis = json.loads(out.read_text(encoding="utf-8"))["diagnosis"]
    assert set(diagnosis) == {"prepare"} and len(diagnosis["prepare"]) > 8
    results = {line["result"] for lines in diagnosis.values() for line in lines}
    assert results <= {"the same", "as committed"}, diagnosis


def test_threads_of_a_forest(script: Make, prove: Prove, environment: dict[str, str]) -> None:
    """Joblib starts as many threads as it is told, whatever the machine has."""
    with changed(os.environ, {"PATH": environment["PATH"]}):
        verdict = prove(script("scores.npy", FOREST))
    assert (verdict.status, verdict.causes) == (1, [("second", "thread-order")]), verdict.said


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> dict[str, str]:
    """An environment that holds the wheel and what it requires, and nothing else."""
    folder = tmp_path_factory.mktemp("alone") / "env"
    uv = ["uv", "pip", "install", "--quiet", "--offline", "--no-deps", "--python", str(folder / "bin" / "python")]
    subprocess.run(["uv", "venv", "--quiet", str(folder)], env=environment, check=True)
    versions = {name: found[0] for name, found in pins(TREE / "requirements" / "base.lock").items()}
    with zipfile.ZipFile(WHEEL) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        metadata = archive.read(name).decode()
    needed: set[str] = set()
    waiting = re.findall(r"(?m)^Requires-Dist: (.+)$", metadata)
    assert len(waiting) > 5
    while waiting:
        requirement = Requirement(waiting.pop())
        name = canonicalize_name(requirement.name)
        if (requirement.marker is None or requirement.marker.evaluate({"extra": ""})) and name not in needed:
            assert requirement.specifier.contains(versions[name], prereleases=True), requirement
            needed.add(name)
            waiting += requires(name) or []
    packages = [f"{name}=={versions[name]}" for name in sorted(needed)]
    # uv's cache keeps the files of each index apart, and the shared environment came from the user's own.
    subprocess.run([*uv, *packages, str(WHEEL)], env={**environment, **package_sources()}, check=True)
    return {**environment, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}


def test_a_wheel_in_an_empty_environment_judges_a_strangers_repository(alone: dict[str, str], make: Make) -> None:
    project = Project(make({"sort": SORT}).path, "", alone)
    done = project.run("probado", "prove")
    assert "EXACT: 1 of 1 outputs are the committed bytes (environment reused)" in done.stdout
    judge = evidence(project)["judge"]
    assert (judge["as_installed"], judge["of_project"]) == (True, None)


def test_a_judge_that_was_patched_is_said_to_be_modified(alone: dict[str, str], script: Make) -> None:
    noise = script("noise.txt", "import random\nout.write_text(str(random.random()))")
    project = Project(noise.path, "", alone)
    place = Path(project.run("python", "-c", "import probado.prove.outputs as o; print(o.__file__)").stdout.strip())
    text = place.read_text(encoding="utf-8")
    assert text.count("if found == out.recorded:") == 1
    place.write_text(text.replace("if found == out.recorded:", "if found:"), encoding="utf-8")
    try:
        done = project.run("probado", "prove", check=False)
    finally:
        place.write_text(text, encoding="utf-8")
    assert "EXACT, by a modified judge (prove/outputs.py): 2 of 2" in done.stdout
    judge = evidence(project)["judge"]
    assert (judge["as_installed"], judge["modified"]) == (False, ["prove/outputs.py"])
    # The same judge, unchanged, tells that the forged proof is no proof.
    checked = project.run("probado", "prove", "--check", check=False)
    assert checked.returncode == 2 and "the hashes of noise.txt are not EXACT" in checked.stderr


def test_the_lock_names_the_wheel() -> None:
    lock = (TREE / "requirements" / "probado.lock").read_text(encoding="utf-8")
    assert f"--hash=sha256:{hashlib.sha256(WHEEL.read_bytes()).hexdigest()}\n" in lock


def test_the_wheel_is_the_source(tmp_path: Path) -> None:
    """Contents, since another zlib compresses to other bytes; and the same bytes whenever it is built here."""
    from tools.wheel import build

    one, other = build(tmp_path / "one"), build(tmp_path / "other")
    assert one.read_bytes() == other.read_bytes()
    contents = []
    for wheel in (one, WHEEL):
        with zipfile.ZipFile(wheel) as archive:
            contents.append({name: archive.read(name) for name in archive.namelist()})
    assert contents[0] == contents[1], "make wheel builds the one that is shipped"
    source = {
        path.relative_to(TEMPLATE / "src").as_posix(): path.read_bytes()
        for path in (TEMPLATE / "src" / "probado").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name: text for name, text in contents[1].items() if name.startswith("probado/")} == source


def test_a_project_holds_no_judge(tmp_path: Path, environment: dict[str, str]) -> None:
    project = bake_project(tmp_path, environment, starter="blank")
    assert not list(project.path.rglob("*prove*"))
    assert sum(len(path.read_text().splitlines()) for path in (project.path / "mlops").rglob("*.py")) <= 1300
    assert (
        "wheel" not in (project.path / "dvc.yaml").read_text()
        and "probado" not in (project.path / "dvc.yaml").read_text()
    )
