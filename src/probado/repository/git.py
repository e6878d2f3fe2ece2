"""Questions to git."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

from probado.contract import PROOF_FILES
from probado.errors import Refused
from probado.text import last_line


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder and return what it prints.

    Raises:
        subprocess.CalledProcessError: git failed.
    """
    # A stranger's repository may name programs that git would run here.
    safe = ["-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}"]
    done = subprocess.run(["git", "-C", str(folder), *safe, *arguments], capture_output=True, check=True)
    return done.stdout.decode("utf-8", "replace")


def paths(folder: Path, *arguments: str) -> list[str]:
    """The paths that git prints with -z, such as those of ls-files.

    Raises:
        subprocess.CalledProcessError: git failed.
    """
    return git(folder, *arguments).split("\0")[:-1]


def skip_worktree(folder: Path, tracked: list[str], skip: bool) -> None:
    """Let git take files of its index for unchanged although they are not there, or no longer; a full disk may not."""
    if tracked:
        option = "--skip-worktree" if skip else "--no-skip-worktree"
        command = ["git", "-C", str(folder), "update-index", option, "-z", "--stdin"]
        subprocess.run(command, input="\0".join(tracked).encode(), capture_output=True)


def commit_of(project: Path, revision: str) -> str:
    """The full hash of the commit that a revision names.

    Raises:
        Refused: the folder is in no repository, or the revision names no commit.
    """
    try:
        git(project, "rev-parse", "--show-toplevel")
        return git(project, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").strip()
    except subprocess.CalledProcessError as error:
        reason = last_line(error.stderr.decode("utf-8", "replace"))
    except OSError as error:
        reason = str(error)
    raise Refused(f"{project} is in no git repository with a commit {revision}{reason and f' ({reason})'}")


def uncommitted(project: Path) -> list[str]:
    """Files of the working tree that differ from the commit, without the proof itself.

    Raises:
        subprocess.CalledProcessError: git failed.
    """
    without_proof = [f":(exclude){name}" for name in PROOF_FILES]
    listed = git(project, "status", "--porcelain", "--untracked-files=all", "--", ".", *without_proof)
    return [line[3:] for line in listed.splitlines()]


def merge_marks(project: Path) -> str | None:
    """The first line, as FILE:LINE, where a merge left its marks in DVC's files; None if there is none."""
    try:
        found = git(project, "grep", "-n", "-I", "-e", "^<<<<<<< ", "--", "*dvc.lock", "*dvc.yaml", "*.dvc")
    except subprocess.CalledProcessError:
        return None
    file, line = found.split(":")[:2]
    return f"{file}:{line}"


def tree_hash(project: Path, revision: str) -> str:
    """SHA-256 over names and contents of a revision, without the proof itself.

    Raises:
        subprocess.CalledProcessError: there is no such revision.
    """
    listed = git(project, "ls-tree", "-r", "-z", revision, "--", ".").split("\0")
    kept = [line for line in listed if line and line.partition("\t")[2] not in PROOF_FILES]
    return hashlib.sha256("\0".join(kept).encode()).hexdigest()
