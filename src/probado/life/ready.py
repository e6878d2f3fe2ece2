"""What must hold before the gate is asked: the model is that of dvc.lock, and a proof stands behind the commit."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import yaml

from probado.errors import Refused
from probado.evidence.binding import mismatches, proof_path
from probado.evidence.proof import STATUS, read_proof
from probado.life.version import MODELS
from probado.repository.git import uncommitted
from probado.text import last_line


def up_to_date(root: Path) -> str:
    """The hash that dvc.lock has for models/.

    Raises:
        Refused: the model or its evaluation is not what dvc.lock says.
    """
    lock = root / "dvc.lock"
    stages = yaml.safe_load(lock.read_text(encoding="utf-8")).get("stages", {}) if lock.is_file() else {}
    outs = [out for stage in stages.values() for out in stage.get("outs", []) if out["path"] == MODELS]
    if not outs:
        raise Refused(f"dvc.lock has no output {MODELS}: make train first")
    command = [sys.executable, "-P", "-m", "dvc", "status", "--json", "--with-deps", "evaluate"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    if done.returncode:
        raise Refused(f"dvc status failed: {last_line(done.stderr)}")
    if changed := json.loads(done.stdout):
        raise Refused(f"{', '.join(sorted(changed))} changed since the model was evaluated: make train first")
    return str(outs[0]["md5"])


def proven(root: Path, model: str) -> str:
    """What stands behind the present commit, in words.

    Raises:
        Refused: no proof covers it, or one does that says otherwise.
    """
    again = "make prove first, or UNPROVEN=1"
    path = proof_path(root)
    if not path.is_file():
        raise Refused(f"no proof stands behind this model: {again}")
    proof = read_proof(path)
    if reasons := mismatches(proof, root):
        raise Refused(f"the proof is of another state: {reasons[0]}: {again}")
    if changed := uncommitted(root):
        raise Refused(f"{changed[0]} is not committed, and the proof is of a commit: {again}")
    if STATUS[proof.verdict]:
        raise Refused(f"the proof says {proof.verdict}: {again}")
    if not any(out.path == MODELS and out.recorded == model for out in proof.outputs):
        raise Refused(f"the proof does not cover {MODELS}: {again}")
    return f"{proof.verdict}, commit {proof.bound.commit[:12]}, {proof.made}"
