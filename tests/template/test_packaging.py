"""Packages: every import is declared, and the wheel of a project holds all of it."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.project import STARTERS, TEMPLATE, Project

LIST = "import importlib.metadata as m, json; print(json.dumps(m.packages_distributions()))"
IMPORT_ALL = """
import importlib, pathlib, pkgutil, sys
for name in sys.argv[1:]:
    package = importlib.import_module(name)
    assert "site-packages" in package.__file__, package.__file__
    for module in pkgutil.walk_packages(package.__path__, name + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
"""


def imported(files: Iterable[Path]) -> set[str]:
    """Top-level names of the packages that files import."""
    found = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                found.add(node.module.split(".")[0])
    return found - sys.stdlib_module_names


def names(requirements: Iterable[str]) -> set[str]:
    """The packages that requirements name."""
    return {re.split(r"[^\w.-]", requirement)[0].lower() for requirement in requirements}


def undeclared(imports: set[str], declared: set[str], python: Path) -> set[str]:
    """Imports of an environment's packages that no requirement declares."""
    listed = subprocess.run([python, "-c", LIST], capture_output=True, text=True, check=True)
    packages: dict[str, list[str]] = json.loads(listed.stdout)
    return {name for name in imports if not declared & {package.lower() for package in packages.get(name, [])}}


@pytest.mark.parametrize("starter", STARTERS)
def test_a_project_declares_what_it_imports(
    choice: Callable[[str, str], Project], environment: dict[str, str], starter: str
) -> None:
    project = choice(starter, "torch")
    settings = tomllib.loads((project.path / "pyproject.toml").read_text(encoding="utf-8"))
    groups = settings["dependency-groups"]
    declared = names([*settings["project"]["dependencies"], *groups["deep-cpu"]])
    python = Path(environment["UV_PROJECT_ENVIRONMENT"], "bin", "python")
    code = [*(project.path / project.module).rglob("*.py"), *(project.path / "mlops").glob("*.py")]
    assert not undeclared(imported(code) - {project.module, "mlops"}, declared, python)
    tests = imported((project.path / "tests").glob("*.py")) - {project.module, "mlops", "tests"}
    assert not undeclared(tests, declared | names(groups["dev"]), python)


def test_the_template_declares_what_it_imports() -> None:
    settings = tomllib.loads((TEMPLATE / "pyproject.toml").read_text(encoding="utf-8"))
    python = Path(sys.executable)
    # probado merge runs in a project's environment and says so where there is no MLflow.
    watch = {path.stem for path in (TEMPLATE / "src" / "probado" / "room" / "watch").glob("*.py")}
    judge = imported((TEMPLATE / "src").rglob("*.py")) - {"probado", "mlflow"} - watch
    # What tune and life alone need are extras, and most of them not in the environment of the template.
    extras = {
        "tune": {"filelock", "optuna", "tqdm"},
        "life": {"apprise", "fastapi", "filelock", "prometheus_client", "scipy", "uvicorn"},
    }
    for name, extra in extras.items():
        declared = names(settings["project"]["optional-dependencies"][name])
        assert {one.replace("_", "-") for one in extra} <= declared
    judge -= {"hydra"}.union(*extras.values())
    assert not undeclared(judge, names(settings["project"]["dependencies"]), python)
    lines = (TEMPLATE / "requirements.in").read_text(encoding="utf-8").splitlines()
    tests = [path for folder in ("tests", "tools", "hooks") for path in (TEMPLATE / folder).rglob("*.py")]
    own = {"probado", "tests", "tools", "benchmarks"}
    needed = imported(path for path in tests if "warm" not in path.parts) - own
    assert not undeclared(needed, names(line for line in lines if line[:1].isalpha()), python)


@pytest.mark.slow
@pytest.mark.parametrize("starter", ["tabular", "primary_particles"])
def test_the_wheel_of_a_project_holds_every_module_and_file(
    bake: Callable[..., Project], environment: dict[str, str], tmp_path: Path, starter: str
) -> None:
    project = bake(starter=starter, deep_learning="torch").within(environment)
    shared = Path(environment["UV_PROJECT_ENVIRONMENT"])
    python = str(shared / "bin" / "python")
    project.run("uv", "build", "--wheel", "--no-build-isolation", "--offline", "-q", "--python", python)
    (wheel,) = (project.path / "dist").glob("*.whl")
    # An empty environment, which sees the packages of the shared one but not its project.
    project.run(python, "-m", "venv", "--without-pip", str(tmp_path / "env"))
    into = str(tmp_path / "env" / "bin" / "python")
    project.run("uv", "pip", "install", "-q", "--offline", "--no-deps", "--python", into, str(wheel))
    (packages,) = shared.glob("lib/python*/site-packages")
    command = [into, "-c", IMPORT_ALL, project.module, "mlops"]
    variables = {**environment, "PYTHONPATH": str(packages)}
    done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (installed,) = (tmp_path / "env").glob(f"lib/python*/site-packages/{project.module}")
    source = project.path / project.module
    files = {
        path.relative_to(source) for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    }
    assert files == {path.relative_to(installed) for path in installed.rglob("*.*") if "__pycache__" not in path.parts}
