"""The repository itself: budgets, layers, and texts about the product alone."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import yaml

from tests.project import TEMPLATE, TREE


def tracked() -> list[Path]:
    """Every file that git tracks."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=TEMPLATE, capture_output=True, text=True, check=True)
    return [TEMPLATE / name for name in listed.stdout.split("\0") if name and (TEMPLATE / name).is_file()]


def test_the_runtime_is_small() -> None:
    lines = {path.name: len(path.read_text().splitlines()) for path in (TREE / "mlops").rglob("*.py")}
    assert sum(lines.values()) <= 1300, lines


def test_no_file_and_no_function_is_long() -> None:
    for path in tracked():
        if path.suffix == ".py":
            text = path.read_text(encoding="utf-8")
            assert len(text.splitlines()) <= 300, path
            # The projects' own tests name a module that has no name yet.
            for node in ast.walk(ast.parse(text.replace("{{ cookiecutter.module_name }}", "module"))):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    length = (node.end_lineno or node.lineno) - node.lineno + 1
                    assert length <= 60, (path, node.name, length)


def test_nothing_simulated_is_called_real() -> None:
    """The showers are a toy's, MAGIC's images are Monte Carlo."""
    said = re.compile(r"\breal (images|showers|events)|(imágenes|cascadas|eventos) reales", re.IGNORECASE)
    for path in tracked():
        if path.suffix in (".md", ".html", ".py", ".yaml") or path.parent.parent.name == "parts":
            found = said.search(path.read_text(encoding="utf-8"))
            assert not found or path == Path(__file__), (path, found)


def test_no_room_imports_another() -> None:
    science = [path for path in TREE.rglob("*.py") if "{{cookiecutter.module_name}}" in path.parts]
    assert len(science) > 20
    for path in science:
        assert not imported(path) & {"mlops", "probado"}, path
    for path in (TREE / "mlops").rglob("*.py"):
        assert not imported(path) & {"probado"} and "cookiecutter" not in path.read_text(encoding="utf-8"), path
    for path in (TEMPLATE / "src").rglob("*.py"):
        assert not imported(path) & {"mlops"} and "cookiecutter" not in path.read_text(encoding="utf-8"), path


def test_rooms_of_the_package_build_on_one_another() -> None:
    """Commands use evidence, room and repository; these do not know the commands."""
    below = {
        "repository": {"repository"},
        "room": {"repository", "room"},
        "evidence": {"repository", "evidence"},
        "prove": {"repository", "room", "evidence", "prove"},
        "merge": {"merge", "store"},
        "tune": {"tune", "store"},
        "life": {"repository", "evidence", "store", "life"},
        "adopt": {"repository", "adopt"},
    }
    package = TEMPLATE / "src" / "probado"
    for room, allowed in below.items():
        for path in (package / room).rglob("*.py"):
            rooms = {name.split(".")[1] for name in modules(path) if name.startswith("probado.")}
            assert rooms - {"__version__", "contract", "errors", "files", "text"} <= allowed, (path, rooms)


def test_one_file_knows_the_insides_of_dvc() -> None:
    knowing = [path for path in (TEMPLATE / "src").rglob("*.py") if imported(path) & {"dvc", "dvc_data"}]
    assert knowing == [TEMPLATE / "src" / "probado" / "repository" / "dvc.py"]
    # The runner, which imports nothing of the judge, has its own.
    of_runner = [path.name for path in (TREE / "mlops").glob("*.py") if imported(path) & {"dvc", "dvc_data"}]
    assert of_runner == ["pipeline.py"]


def imported(path: Path) -> set[str]:
    """Top-level names of the modules that a file imports absolutely."""
    return {name.partition(".")[0] for name in modules(path)}


def modules(path: Path) -> set[str]:
    """The modules that a file imports absolutely; a name that it imports from a package may be one."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_no_path_of_a_machine_and_no_host_of_a_registry() -> None:
    places = re.compile(r"(^|[\"' =(:])/(home|root|opt|srv|mnt|work|Users)/[A-Za-z0-9_.]")
    hosts = re.compile(
        r"(index[-_]url|registry) *[:=] *\"?https?://|https?://[^ \"]+/simple([/\" ]|$)|https?://files\."
    )
    for path in tracked():
        text = path.read_text(encoding="utf-8", errors="ignore")
        for line in text.splitlines():
            assert not hosts.search(line), (path, line)
            if path.suffix != ".lock":
                assert not places.search(line), (path, line)


def test_nothing_large_is_tracked() -> None:
    assert [path for path in tracked() if path.stat().st_size > 2**20] == []


def test_the_readme_names_what_is_there() -> None:
    readme = (TEMPLATE / "README.md").read_text(encoding="utf-8")
    tree = readme.split("```text\n")[1].split("```")[0]
    parents: list[str] = []
    for line in tree.splitlines():
        indent, name = re.match(r"([│├└─ ]*)(\S+)", line).groups()  # type: ignore[union-attr]
        parents = [*parents[: len(indent) // 4 - 1], name.rstrip("/")]
        assert TEMPLATE.joinpath(*parents).exists(), line
    targets = set(re.findall(r"(?m)^([a-z-]+):", (TEMPLATE / "Makefile").read_text(encoding="utf-8")))
    for makefile in (TREE / "Makefile", *TREE.glob("layers/*/parts/makefile")):
        targets |= set(re.findall(r"(?m)^([a-z]+):", makefile.read_text(encoding="utf-8")))
    assert set(re.findall(r"(?:`| {4})make ([a-z-]+)", readme)) <= targets


def test_the_readme_quotes_the_claims_of_the_example() -> None:
    claims = yaml.safe_load((TREE / "layers/primary_particles/claims.yaml").read_text(encoding="utf-8"))["claims"]
    value = {claim["id"]: claim["value"] for claim in claims}
    said = f"accuracy {value['leak']:.2f} instead of {value['no_leak']:.2f}"
    assert said in " ".join((TEMPLATE / "README.md").read_text(encoding="utf-8").split())
