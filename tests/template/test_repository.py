"""The repository itself: budgets, layers, and that it speaks of the product alone."""

from __future__ import annotations

import ast
import hashlib
import re
import subprocess
from pathlib import Path

from conftest import TEMPLATE, TREE


def tracked() -> list[Path]:
    """Every file that git tracks."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=TEMPLATE, capture_output=True, text=True, check=True)
    return [TEMPLATE / name for name in listed.stdout.split("\0") if name and (TEMPLATE / name).is_file()]


def test_the_runtime_is_small() -> None:
    lines = {name: len((TREE / "mlops" / name).read_text().splitlines()) for name in ("stage.py", "tracking.py")}
    assert sum(lines.values()) <= 600, lines
    assert sum(len(path.read_text().splitlines()) for path in (TREE / "mlops").rglob("*.py")) <= 4000


def test_neither_room_imports_the_other() -> None:
    science = [path for path in TREE.rglob("*.py") if "{{cookiecutter.module_name}}" in path.parts]
    assert len(science) > 20
    for path in science:
        assert not imported(path) & {"mlops"}, path
    for path in (TREE / "mlops").rglob("*.py"):
        assert "cookiecutter" not in path.read_text(encoding="utf-8"), path


def imported(path: Path) -> set[str]:
    """Top-level names of the modules that a file imports absolutely."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.partition(".")[0])
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


def test_the_sums_of_the_machinery_are_those_of_its_files() -> None:
    listed = (TREE / "mlops" / "SHA256SUMS").read_text(encoding="utf-8")
    files = (path for path in (TREE / "mlops").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    names = sorted(path.relative_to(TREE / "mlops").as_posix() for path in files if path.name != "SHA256SUMS")
    sums = [f"{hashlib.sha256((TREE / 'mlops' / name).read_bytes()).hexdigest()}  {name}" for name in names]
    assert listed.splitlines() == sums, "make format writes them"
