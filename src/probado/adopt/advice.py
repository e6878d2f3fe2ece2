"""What a person does after an adoption, in order."""

from __future__ import annotations

import subprocess
from pathlib import Path

from probado.adopt import packages
from probado.adopt.makefiles import ADDED, MAKEFILE, NAMES, OURS, own_makefile, own_targets
from probado.adopt.plan import GITATTRIBUTES, GITIGNORE, Plan
from probado.repository.git import git

STAGE = ".venv/bin/dvc stage add --name NAME --deps SCRIPT --deps DATA --outs RESULT python SCRIPT"
UNCACHED = "a RESULT that git has: git rm --cached RESULT first"
# Instead of a line that ignores all of data/.
DATA_OF_DVC = ("/data/**", "!/data/**/", "!/data/**/*.dvc", "!/data/**/.gitignore")


def by_hand(plan: Plan, new: Path, folder: Path) -> list[str]:
    """The steps from an adopted project to its first proof; each is a sentence or two.

    Args:
        plan: what is to be laid.
        new: the new project.
        folder: the existing one, before anything is laid.
    """
    taken = set(ADDED) if own_makefile(folder) == NAMES[0] else own_targets(folder)

    def make(target: str) -> str:
        return f"make -f {OURS} {target}" if target in taken else f"make {target}"

    steps = [*_git(plan, folder), *_packages(folder, new, make("lock"))]
    steps.append(f"{make('env')}: builds .venv from requirements/*.lock")
    if not (folder / "dvc.yaml").is_file():
        steps.append(f"describe each step of your work, which writes dvc.yaml: {STAGE} ({UNCACHED})")
        if MAKEFILE in plan.files:
            steps.append("make data and make train name the stages featurize and evaluate: name yours in Makefile")
    steps.append(f"{make('reproduce')}, then git add --all && git commit: runs the steps and records their results")
    proves = "reruns the commit from a clean clone and compares every byte: reports/proof.html"
    return [*steps, f"{make('prove')}: {proves}"]


def _git(plan: Plan, folder: Path) -> list[str]:
    """The steps about git: a repository, what it ignores, ends of lines."""
    steps = [] if _asked(folder, "rev-parse", "--show-toplevel") else ["git init: a proof reruns a commit"]
    for name, lines in ((".gitignore", GITIGNORE), (".gitattributes", GITATTRIBUTES)):
        missing = _missing_lines(folder / name, lines)
        if name in plan.kept and missing:
            steps.append(f"add to {name}: {'  '.join(missing)}")
    if (folder / "data").is_dir() and _asked(folder, "check-ignore", "data/raw.dvc"):
        instead = f"in .gitignore, write instead of the line that ignores data/: {'  '.join(DATA_OF_DVC)}"
        steps.append(f"{instead}; then keep raw data with DVC: .venv/bin/dvc add data/raw (after make env)")
    listed = _asked(folder, "ls-files", "--eol").splitlines()
    if changed := [line.partition("\t")[2] for line in listed if line.startswith("i/lf") and "w/crlf" in line]:
        named = " ".join(changed[:3]) + (" …" if len(changed) > 3 else "")
        steps.append(
            f"git keeps other ends of lines than these files have here, and a clone would differ: {named}: "
            "write them with LF, as git has them: git checkout-index --force FILE"
        )
    return steps


def _packages(folder: Path, new: Path, lock: str) -> list[str]:
    """The steps that bring both sides' packages together."""
    steps = []
    missing = ", ".join(packages.not_locked(folder, new))
    if (folder / packages.FILE).is_file():
        how = f"cat {packages.GROUPS} >> {packages.FILE}"
        if packages.has_groups(folder):
            how = f"add the groups in {packages.GROUPS} to [dependency-groups] in {packages.FILE}"
        steps.append(f"{how}, then {lock}" + (f": until then the locks lack {missing}" if missing else ""))
        if packages.is_discovered(folder):
            steps.append(
                "setuptools finds mlops/ too and refuses to guess: name your packages in pyproject.toml, "
                '[tool.setuptools] packages = ["YOURS"]'
            )
    elif missing:
        steps.append(f"add to base in {packages.FILE}: {missing}; then {lock}")
    if unread := packages.not_read(folder):
        steps.append(f"not read, compare their packages with requirements/base.lock: {', '.join(unread)}")
    return steps


def _missing_lines(file: Path, lines: tuple[str, ...]) -> list[str]:
    """Lines that a file of an existing project lacks; a slash at either end makes no difference."""
    there = file.read_text(encoding="utf-8", errors="replace").split("\n") if file.is_file() else []
    stripped = {line.strip().strip("/") for line in there}
    return [line for line in lines if line.strip("/") not in stripped]


def _asked(folder: Path, *arguments: str) -> str:
    """What git answers; empty if it has no answer, or there is no git."""
    try:
        return git(folder, *arguments)
    except (OSError, subprocess.CalledProcessError):
        return ""
