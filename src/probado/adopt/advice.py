"""What a person does after an adoption, in order."""

from __future__ import annotations

from pathlib import Path

from probado.adopt.makefiles import MAKEFILE, NAMES, OURS, own_targets
from probado.adopt.plan import GITATTRIBUTES, GITIGNORE, Plan, missing_lines
from probado.adopt.pyproject import not_locked

STAGE = ".venv/bin/dvc stage add --name NAME --deps SCRIPT --deps DATA --outs RESULT python SCRIPT"


def by_hand(plan: Plan, new: Path, folder: Path) -> list[str]:
    """The steps from an adopted project to its first proof; each is a sentence or two."""
    steps = [] if (folder / ".git").exists() else ["git init: a proof reruns a commit"]
    for name, lines in ((".gitignore", GITIGNORE), (".gitattributes", GITATTRIBUTES)):
        missing = missing_lines(folder / name, lines)
        if name in plan.kept and missing:
            steps.append(f"add to {name}: {'  '.join(missing)}")
    if NAMES[0] in plan.kept:
        steps.append(f"add to {NAMES[0]}: include {OURS}")
    taken = own_targets(new, folder)

    def make(target: str) -> str:
        return f"make -f {OURS} {target}" if target in taken else f"make {target}"

    steps += _packages(plan, new, folder, make("lock"))
    steps.append(f"{make('env')}: builds .venv from requirements/*.lock")
    if not (folder / "dvc.yaml").is_file():
        steps.append(f"describe each step of your work, which writes dvc.yaml: {STAGE}")
        makefile = OURS if (folder / OURS).is_file() else MAKEFILE
        steps.append(f"make data and make train name the stages featurize and evaluate: name yours in {makefile}")
    steps.append(f"{make('reproduce')}, then git add --all && git commit: runs the steps and records their results")
    proves = "reruns the commit from a clean clone and compares every byte: reports/proof.html"
    return [*steps, f"{make('prove')}: {proves}"]


def _packages(plan: Plan, new: Path, folder: Path, lock: str) -> list[str]:
    """The steps that bring both sides' packages into one pyproject.toml."""
    missing = ", ".join(not_locked(folder, new))
    if "pyproject.toml" in plan.kept:
        brought = f"add the dependencies and [dependency-groups] of {new / 'pyproject.toml'} to pyproject.toml"
        return [f"{brought}, then {lock}" + (f": until then the locks lack {missing}" if missing else "")]
    if missing:
        return [f"add to the dependencies in pyproject.toml: {missing}; then {lock}"]
    return []
