"""A stage declares its imports in dvc.yaml, because a change of an undeclared one would not rerun the stage."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.project import CHOICES, STAGES, STARTERS, Project

Bake = Callable[..., Project]
Choice = Callable[[str, str], Project]
of_each_choice = pytest.mark.parametrize(("starter", "deep_learning"), CHOICES)


class Imports:
    """The files of a project's own module that a stage can import, found without running it."""

    def __init__(self, project: Project) -> None:
        self.root, self.module = project.path, project.module

    def of_stage(self, command: str, model: str | None) -> set[str]:
        """Every file with code that a stage reaches; of the models, only the one with this name."""
        # python -m mlops.stage MODULE [OVERRIDE]
        name = command.split()[3]
        found, waiting = set(), {self.root / (name.replace(".", "/") + ".py")}
        while waiting:
            path = waiting.pop()
            found.add(path)
            reached = {file for file in self.of_file(path, model) if file.is_file()}
            waiting |= reached - found
        return {path.relative_to(self.root).as_posix() for path in found if holds_code(path)}

    def of_file(self, path: Path, model: str | None) -> Iterator[Path]:
        """The imports anywhere in a file: modules, and the packages that hold them."""
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                base = self.base(path, node)
                if base:
                    for alias in node.names:
                        yield from self.files(base / alias.name)
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    assert alias.name.partition(".")[0] != self.module, f"{path}: the science imports relatively"
            elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
                pattern = looked_up(node)
                assert pattern.startswith(".") and pattern.count("*") == 1, f"{path}: import_module is not understood"
                level = len(pattern) - len(pattern.lstrip("."))
                name = pattern[level:].replace(".", "/").replace("*", model or "*")
                for file in path.parents[level - 1].glob(f"{name}.py"):
                    yield from self.files(file.with_suffix(""))

    def base(self, path: Path, node: ast.ImportFrom) -> Path | None:
        """The folder or module that `from ... import` names; None for another package's."""
        if node.level == 0:
            assert (node.module or "").partition(".")[0] != self.module, f"{path}: the science imports relatively"
            return None
        return path.parents[node.level - 1].joinpath(*(node.module or "").split("."))

    def files(self, target: Path) -> Iterator[Path]:
        """The file of a module, or of the module that a name belongs to, and the packages above it."""
        place = target
        while place != self.root:
            yield from (place.with_suffix(".py"), place / "__init__.py")
            place = place.parent


def looked_up(call: ast.Call) -> str:
    """The argument of import_module, with a star for each filled-in part."""
    name = call.args[0]
    if isinstance(name, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in name.values)
    return ast.literal_eval(name)  # type: ignore[no-any-return]


def holds_code(path: Path) -> bool:
    """Whether a file holds more than a docstring, which changes no result."""
    return any(
        not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in ast.parse(path.read_text(encoding="utf-8")).body
    )


def stages(project: Project) -> Iterator[tuple[str, dict[str, Any], str | None]]:
    """Each stage of each dvc.yaml with its name; one that depends on the chosen model once for each model."""
    models = sorted(path.stem for path in (project.path / "configs" / "model").glob("*.yaml"))
    for path in sorted(project.path.rglob("dvc.yaml")):
        text = path.read_text(encoding="utf-8")
        place = re.search(r"\$\{defaults\[\d+\]\.model\}", text)
        for model in models if place else [None]:
            filled = text.replace(place[0], str(model)) if place else text
            for name, stage in yaml.safe_load(filled)["stages"].items():
                yield name, stage, model


def undeclared(project: Project, stage: dict[str, Any], model: str | None) -> set[str]:
    """Files that a stage imports and that are neither in its deps nor in a folder there."""
    declared = stage["deps"]
    imported = Imports(project).of_stage(stage["cmd"], model)
    return {name for name in imported if not any(name == dep or name.startswith(f"{dep}/") for dep in declared)}


@of_each_choice
def test_what_a_stage_imports_it_declares(choice: Choice, starter: str, deep_learning: str) -> None:
    project = choice(starter, deep_learning)
    checked = set()
    for name, stage, model in stages(project):
        assert undeclared(project, stage, model) == set(), (name, model)
        checked.add(name)
    studies = set("validation leakage comparison composition telescope page tuning verdict verdict_page".split())
    studies = studies if starter == "primary_particles" else set()
    assert checked == {*STAGES[starter], *studies}


@of_each_choice
def test_what_a_stage_declares_of_the_code_it_imports(choice: Choice, starter: str, deep_learning: str) -> None:
    project = choice(starter, deep_learning)
    reached: dict[str, set[str]] = {}
    declared: dict[str, set[str]] = {}
    for name, stage, model in stages(project):
        code = [dep for dep in stage["deps"] if dep.startswith(f"{project.module}/") and "templates" not in dep]
        declared.setdefault(name, set()).update(code)
        reached.setdefault(name, set()).update(Imports(project).of_stage(stage["cmd"], model))
    for name, deps in declared.items():
        unused = {dep for dep in deps if not any(file == dep or file.startswith(f"{dep}/") for file in reached[name])}
        assert unused == set(), name


@pytest.mark.parametrize("starter", STARTERS)
def test_a_dependency_that_is_missing_is_found(choice: Choice, starter: str) -> None:
    project = choice(starter, "torch")
    found: dict[tuple[str, str], bool] = {}
    for name, stage, model in stages(project):
        for dep in [dep for dep in stage["deps"] if dep.startswith(f"{project.module}/") and "templates" not in dep]:
            without = {**stage, "deps": [other for other in stage["deps"] if other != dep]}
            # Only some models need some files, such as networks.py.
            found[name, dep] = found.get((name, dep), False) or bool(undeclared(project, without, model))
    assert [pair for pair, missed in found.items() if not missed] == []
    assert len(found) > 10


def test_an_import_that_is_added_is_found(bake: Bake) -> None:
    project = bake()
    added = project.path / project.module / "later.py"
    added.write_text("VALUE = 1\n", encoding="utf-8")
    features = project.path / project.module / "features.py"
    text = features.read_text(encoding="utf-8")
    called = "    config = load(cfg)\n"
    features.write_text(text.replace(called, f"    from .later import VALUE\n\n{called}"), encoding="utf-8")
    found = {name: undeclared(project, stage, model) for name, stage, model in stages(project)}
    assert {name for name, files in found.items() if files} == {"featurize"}
    assert found["featurize"] == {f"{project.module}/later.py"}
