"""What binds a proof to a commit: hashes of its tree, locks and data."""

from __future__ import annotations

import contextlib
import re
import subprocess
from pathlib import Path

from probado.contract import PROOF_FOLDERS
from probado.evidence.judge import sha256
from probado.evidence.proof import Bound, Proof
from probado.repository.git import paths, tree_hash


def bind(project: Path, root: Path, commit: str, dirty: list[str], data: dict[str, str]) -> Bound:
    """What a proof of a commit covers.

    Args:
        project: the original, whose git knows the commit.
        root: its clone, with the files of the commit.
        commit: the full hash.
        dirty: files that were not committed.
        data: recorded hashes of raw data, by path.
    """
    return Bound(
        commit=commit,
        dirty=dirty,
        tree=tree_hash(project, commit),
        dvc_lock=_hashes(root, "dvc.lock", "*/dvc.lock"),
        requirements=_hashes(root, "requirements/*.lock"),
        data=data,
    )


def _hashes(root: Path, *patterns: str) -> dict[str, str]:
    """SHA-256 of the committed files that match, by path."""
    names = sorted(paths(root, "ls-files", "-z", "--", *patterns))
    return {name: sha256(root / name) for name in names if (root / name).is_file()}


def mismatches(proof: Proof, project: Path) -> list[str]:
    """Why a proof does not cover the project's present commit; empty where it does. Uses no network."""
    here = bind(project, project, "HEAD", [], {})
    reasons = []
    if proof.bound.tree != here.tree:
        reasons.append("the commit holds other files than those that were proven")
    commit = proof.bound.commit
    if not re.fullmatch("[0-9a-f]{40,64}", commit):
        reasons.append(f"{commit} is no commit")
    else:
        # A shallow clone may lack it.
        with contextlib.suppress(subprocess.CalledProcessError):
            if proof.bound.tree != tree_hash(project, commit):
                reasons.append(f"commit {commit[:12]} holds other files than those that were proven")
    for proven, present in ((proof.bound.dvc_lock, here.dvc_lock), (proof.bound.requirements, here.requirements)):
        names = sorted(proven.keys() | present.keys())
        reasons += [f"{name} is another one" for name in names if proven.get(name) != present.get(name)]
    if proof.bound.dirty:
        reasons.append("it was made with uncommitted changes beside it")
    return reasons


def proof_path(project: Path) -> Path:
    """Where the proof of a project is, or would be."""
    places = [project / folder / "proof.json" for folder in PROOF_FOLDERS]
    return next((path for path in places if path.is_file()), places[0])
