"""Layers only add: each choice holds exactly the files of its layers, and no layer replaces a file of another."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from types import ModuleType

import pytest

from tests.project import CHOICES, TEMPLATE, TREE, Project, bake_project, clean_environment, load_hook

Choice = Callable[[str, str], Project]
LISTS = Path(__file__).parent / "layers"
MODULE = "{{cookiecutter.module_name}}"
# The layers of each choice, beside the core and the language. What each layer adds is listed in layers/<name>.txt.
LAYERS = {
    ("tabular", "no"): {"table", "tabular"},
    ("tabular", "torch"): {"table", "tabular", "deep", "deep+table"},
    ("primary_particles", "no"): {"table", "primary_particles"},
    ("primary_particles", "torch"): {"table", "primary_particles", "deep", "deep+table", "deep+primary_particles"},
    ("blank", "no"): {"blank"},
    ("blank", "torch"): {"blank", "deep"},
}
of_each_choice = pytest.mark.parametrize(("starter", "deep_learning"), CHOICES)


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    """The hook that copies the layers, as a module."""
    return load_hook("post_gen_project")


def listed(layer: str) -> list[str]:
    """The files that a layer, or the core, adds by the list beside this file."""
    return (LISTS / f"{layer}.txt").read_text(encoding="utf-8").splitlines()


def tracked() -> dict[str, set[str]]:
    """The files of the core and of each layer in the repository."""
    command = ["git", "ls-files", "-z", "--", TREE.name]
    names = subprocess.run(command, cwd=TEMPLATE, capture_output=True, text=True, check=True).stdout.split("\0")[:-1]
    found: dict[str, set[str]] = {}
    for name in (Path(name).relative_to(TREE.name) for name in names if (TEMPLATE / name).is_file()):
        inside = name.parts[0] == "layers"
        found.setdefault(name.parts[1] if inside else "core", set()).add(
            Path(*name.parts[2:]).as_posix() if inside else name.as_posix()
        )
    return found


def baked(project: Project) -> set[str]:
    """Every file of a project except git's own, the module's folder as {module}."""
    found = (path for path in project.path.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {str(path.relative_to(project.path)).replace(f"{project.module}/", "{module}/") for path in found}


@of_each_choice
def test_a_project_holds_the_files_of_its_layers(choice: Choice, starter: str, deep_learning: str) -> None:
    layers = ["core", "en", *LAYERS[starter, deep_learning]]
    assert baked(choice(starter, deep_learning)) == {name for layer in layers for name in listed(layer)}


@of_each_choice
def test_no_layer_replaces_a_file(starter: str, deep_learning: str) -> None:
    layers = tracked()
    laid = (layers[layer] for layer in ("core", "en", *LAYERS[starter, deep_learning]))
    not_laid = {"requires.txt"}
    several = Counter(name for files in laid for name in files - not_laid if not name.startswith("parts/"))
    assert [name for name, count in several.items() if count > 1] == []


def test_every_layer_has_its_list_and_is_laid_by_a_choice() -> None:
    layers = set(tracked())
    assert layers == {path.stem for path in LISTS.glob("*.txt")}
    assert layers == {"core", "en", "es"}.union(*LAYERS.values())
    # Each language of a README brings the same files, and the same parts of it.
    assert listed("en") == listed("es")
    parts = {
        language: {
            path.relative_to(TREE / "layers").as_posix().replace(f"/{language}/", "/")
            for path in (TREE / "layers").glob(f"*/parts/{language}/*")
        }
        for language in ("en", "es")
    }
    assert parts["en"] == parts["es"] and len(parts["en"]) > 5


def test_code_is_copied_as_it_is(choice: Choice) -> None:
    project = choice("primary_particles", "torch")
    sources = [
        path
        for folder in (TREE, *(TREE / "layers" / layer for layer in LAYERS["primary_particles", "torch"]))
        for path in (folder / MODULE).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]
    assert len(sources) > 50
    for source in sources:
        name = source.as_posix().rpartition(f"/{MODULE}/")[2]
        assert (project.path / project.module / name).read_bytes() == source.read_bytes(), name


def test_few_files_are_rendered() -> None:
    """Rendering takes most of a bake, so a layer that only needs the module's name is copied."""
    copied = json.loads((TEMPLATE / "cookiecutter.json").read_text(encoding="utf-8"))["_copy_without_render"]

    def rendered(name: Path) -> bool:
        return not any(fnmatch(part.as_posix(), pattern) for part in (name, *name.parents) for pattern in copied)

    names = [
        Path(name) if layer == "core" else Path("layers", layer, name)
        for layer, files in tracked().items()
        for name in files
    ]
    without_need = [
        name
        for name in names
        if rendered(name) and name.parts[0] == "layers" and "{" not in (TREE / name).read_text(encoding="utf-8")
    ]
    # Two claims.yaml hold no Jinja, and the third does.
    assert {name.name for name in without_need} <= {"claims.yaml"}
    assert sum(map(rendered, names)) <= 36


def lay_out(folder: Path, files: dict[str, str]) -> None:
    """Write files below a folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def test_a_starter_names_what_it_stands_on(hook: ModuleType, tmp_path: Path) -> None:
    lay_out(
        tmp_path / "layers",
        {
            "forecast/requires.txt": "series\n",
            "forecast/parts/readme_about": "For the README alone.\n",
            "forecast/a.txt": "a",
            "series/requires.txt": "table\n",
            "series/deep/b.txt": "b",
            "table/c.txt": "c",
            "deep/d.txt": "d",
            "deep+series/e.txt": "e",
            "deep+other/f.txt": "f",
            "other/g.txt": "g",
        },
    )
    lay_out(tmp_path, {"pyproject.toml": ""})
    answers = {"starter": "forecast", "language": "en", "deep_learning": "torch", "module_name": "waves"}
    assert hook.chosen(str(tmp_path / "layers"), answers) == ["deep", "deep+series", "forecast", "series", "table"]
    without = {**answers, "deep_learning": "no"}
    assert hook.chosen(str(tmp_path / "layers"), without) == ["forecast", "series", "table"]
    hook.lay(str(tmp_path), answers)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"a.txt", "deep/b.txt", "c.txt", "d.txt", "e.txt", "pyproject.toml"}


def test_tests_get_the_name_of_the_module(hook: ModuleType, tmp_path: Path) -> None:
    source = "from {{ cookiecutter.module_name }}.split import PARTS  # ñ\r\n"
    lay_out(tmp_path, {"layers/blank/tests/test_split.py": "", "pyproject.toml": ""})
    (tmp_path / "layers/blank/tests/test_split.py").write_bytes(source.encode())
    hook.lay(str(tmp_path), {"starter": "blank", "language": "es", "deep_learning": "no", "module_name": "waves"})
    laid = (tmp_path / "tests" / "test_split.py").read_bytes().decode()
    assert laid == "from waves.split import PARTS  # ñ\r\n"


def again(project: Project, *options: str) -> subprocess.CompletedProcess[str]:
    """Run cookiecutter over an existing project."""
    command = [sys.executable, "-m", "cookiecutter", *options, "--no-input", "--output-dir", str(project.path.parent)]
    return subprocess.run([*command, str(TEMPLATE)], capture_output=True, text=True, env=clean_environment())


@pytest.fixture
def edited(tmp_path: Path) -> Project:
    """A project with files of the core and of layers that a user has changed, added and deleted."""
    project = bake_project(tmp_path, clean_environment())
    for name in ("README.md", "dvc.yaml", "tests/test_split.py", f"{project.module}/common/config.py"):
        (project.path / name).write_text("mine\n")
    (project.path / project.module / "modeling" / "mine.py").write_text("mine\n")
    (project.path / project.module / "split.py").unlink()
    return project


@pytest.mark.parametrize("options", [[], ["-f"], ["-f", "-s"]], ids=["plain", "overwrite", "skip"])
def test_an_existing_folder_is_refused_and_left_alone(edited: Project, options: list[str]) -> None:
    lay_out(edited.path / "layers", {"mine.txt": "mine"})
    before = {path: path.read_bytes() for path in edited.path.rglob("*") if path.is_file()}
    done = again(edited, *options)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    said = done.stdout + done.stderr
    assert "exists" in said and "my_ml_project" in said
    assert {path: path.read_bytes() for path in edited.path.rglob("*") if path.is_file()} == before


def test_what_the_user_ignores_everywhere_is_in_the_first_commit(tmp_path: Path) -> None:
    settings = f"[core]\n\texcludesFile = {tmp_path}/ignored\n"
    lay_out(tmp_path, {"ignored": "data/\nmodels/\n*.lock\n*.whl\n", "config": settings})
    project = bake_project(tmp_path / "here", {**clean_environment(), "GIT_CONFIG_GLOBAL": str(tmp_path / "config")})
    committed = set(project.run("git", "ls-files").stdout.splitlines())
    there = {path.relative_to(project.path).as_posix() for path in project.path.rglob("*") if path.is_file()}
    assert committed == {name for name in there if not name.startswith(".git/")}
    # What the pipeline writes later is seen too.
    for name in (
        "dvc.lock",
        "requirements/new.lock",
        f"{project.module}/modeling/models/mine.py",
        "configs/data/x.yaml",
    ):
        (project.path / name).write_text("")
        assert project.run("git", "status", "--porcelain", "--", name).stdout == f"?? {name}\n"
