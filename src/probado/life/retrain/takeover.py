"""A retrained model's commit, taken over by the project once the model is the champion."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from probado.contract import PROOF_FILES
from probado.errors import Refused
from probado.files import remove
from probado.life.decision import CHAMPION
from probado.life.registry import LOG
from probado.life.retrain.data import source_of
from probado.repository.git import git
from probado.text import last_line

# The retrained commit, until the project has it: a killed process leaves it to the next one.
REF = "refs/probado/retrained"
# The clone in which it is made.
FOLDER = Path(".life/retrain")


def clone_of(root: Path) -> Path:
    """The project's folder in the clone."""
    return root / FOLDER / git(root, "rev-parse", "--show-prefix").strip()


def settle(root: Path) -> None:
    """Take over what a killed retraining promoted, and forget what it did not."""
    try:
        commit = git(root, "rev-parse", "--verify", "--quiet", REF).strip()
    except subprocess.CalledProcessError:
        return
    log = (root / LOG).read_text(encoding="utf-8").splitlines() if (root / LOG).is_file() else []
    champions = [one["commit"] for one in map(json.loads, log) if one["outcome"] == CHAMPION]
    if commit in champions[-1:]:
        take_over(root, clone_of(root))
        print("a stopped retraining is finished: the project has its commit now")
    else:
        git(root, "update-ref", "-d", REF)


def take_over(root: Path, aside: Path) -> None:
    """Move the branch to the retrained commit, with its outputs, its proof, and a file that neither git nor DVC keeps.

    Raises:
        Refused: the branch or the files changed meanwhile; the commit stays at REF.
    """
    name = source_of(root)[1].get("path")
    try:
        git(root, "merge", "--quiet", "--ff-only", REF)
    except subprocess.CalledProcessError as error:
        said = last_line(error.stderr.decode("utf-8", "replace"))
        raise Refused(
            f"the model is the champion, but the project changed meanwhile ({said}): git merge {REF}"
        ) from None
    for kept in [*PROOF_FILES, *([name] if name else [])]:
        if (aside / kept).exists() and (kept in PROOF_FILES or not git(root, "ls-files", "--", kept)):
            (root / kept).parent.mkdir(parents=True, exist_ok=True)
            remove(root / kept)
            (shutil.copytree if (aside / kept).is_dir() else shutil.copyfile)(aside / kept, root / kept)
    done = subprocess.run([sys.executable, "-P", "-m", "dvc", "checkout", "--quiet"], cwd=root)
    if done.returncode:
        raise Refused("the project has the champion's commit, but not all of its outputs: dvc checkout")
    git(root, "update-ref", "-d", REF)
