"""The evidence: what was rerun, on what, with what result, and what binds it to one commit."""

from __future__ import annotations

import hashlib
import os
import platform
import re
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from mlops import __version__
from mlops.prove.machinery import MACHINERY, SUMS, machinery_hash, modified, sha256
from mlops.prove.repository import Refused, tree_hash
from mlops.stage import cpu_model

Verdict = Literal["EXACT", "WITHIN TOLERANCE", "FAIL", "INCONCLUSIVE"]
# Usage errors are 2, as everywhere.
STATUS: dict[Verdict, int] = {"EXACT": 0, "WITHIN TOLERANCE": 0, "FAIL": 1, "INCONCLUSIVE": 3}


class Part(BaseModel):
    """A part of the evidence: no key but those below, nothing changed after it was made."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Judge(Part):
    """Who judged: the machinery's version, the hash of its files, those that differ from the release."""

    version: str
    sha256: str
    released: bool
    modified: list[str]
    # Files of the project's own machinery that are not as its release had them.
    project_modified: list[str]


class Bound(Part):
    """What the proof speaks of. The tree is that of the commit without the proof itself."""

    commit: str
    dirty: list[str]
    tree: str
    dvc_lock: dict[str, str]
    requirements: dict[str, str]
    data: dict[str, str]


class Machine(Part):
    """What it ran on; `id` tells machines apart without naming them."""

    id: str
    system: str
    processor: str
    cpu_class: str
    blas: str
    cores: int
    threads: int
    python: str


class Environment(Part):
    """Where the packages came from, and which are not as the locks say."""

    made: Literal["built from the locks", "reused", "reused: there are no hashed locks"]
    seconds: float
    drifted: list[str]


class Network(Part):
    """How the network was held off, and what came of an attempt to connect to a listener of this machine."""

    method: str
    probe: str


class Stage(Part):
    """One stage of the rerun."""

    name: str
    seconds: float
    status: int
    network: Literal["allowed", "off"]
    problems: list[str]
    undeclared_code: list[str]


class Output(Part):
    """One output: its hash as committed and as it came out, and how they compare."""

    path: str
    stage: str
    verdict: Literal["EXACT", "WITHIN TOLERANCE", "FAIL", "INCONCLUSIVE", "OTHER BYTES"]
    recorded: str | None
    found: str | None
    compared: str
    detail: str = ""
    differences: list[str] = []


class Held(Part):
    """One claim: what was claimed, what came out. Open: nothing that was committed backs it yet."""

    id: str
    text: str
    output: str
    key: list[str | int]
    claimed: float
    tolerance: float
    found: float | None
    state: Literal["held", "broken", "open"]
    detail: str = ""


class Experiment(Part):
    """One rerun of a stage under other circumstances, and what it gave."""

    what: str
    result: str


class Cause(Part):
    """Why a stage gave something else, and what mends it."""

    stage: str
    cause: str
    says: str
    fix: str
    detail: str
    experiments: list[Experiment]


class Perturbation(Part):
    """Something else than in the first rerun, and whether the outputs stayed the same."""

    what: str
    value: str
    held: bool
    detail: str


class Proof(Part):
    """All of it."""

    format: Literal[1]
    made: str
    verdict: Verdict
    headline: str
    judge: Judge
    bound: Bound
    machine: Machine
    made_elsewhere: bool
    environment: Environment
    network: Network
    stages: list[Stage]
    outputs: list[Output]
    claims: list[Held]
    causes: list[Cause]
    perturbations: list[Perturbation]
    diagnosis: dict[str, list[Experiment]]
    advice: list[str]
    seconds: float


def read(path: Path) -> Proof:
    """A proof from its file.

    Raises:
        Refused: there is none, or it is not understood.
    """
    try:
        return Proof.model_validate_json(path.read_bytes())
    except OSError as error:
        raise Refused(f"there is no {path}: python -m mlops prove makes it") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise Refused(f"{path} is no proof of format 1: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def bind(project: Path, root: Path, revision: str, commit: str, dirty: list[str], data: dict[str, str]) -> Bound:
    """What a proof of a revision speaks of; `root` is its clone."""
    return Bound(
        commit=commit,
        dirty=dirty,
        tree=tree_hash(project, revision),
        dvc_lock={path.relative_to(root).as_posix(): sha256(path) for path in sorted(root.rglob("dvc.lock"))},
        requirements={
            path.relative_to(root).as_posix(): sha256(path) for path in sorted(root.glob("requirements/*.lock"))
        },
        data=data,
    )


def belongs(proof: Proof, project: Path) -> list[str]:
    """Why a proof does not speak of the project's present commit; empty where it does. Reads no network."""
    reasons = []
    if proof.bound.tree != tree_hash(project, "HEAD"):
        reasons.append("the commit holds other files than those that were proven")
    for listed in (proof.bound.dvc_lock, proof.bound.requirements):
        for name, value in listed.items():
            if not (project / name).is_file() or sha256(project / name) != value:
                reasons.append(f"{name} is another one")
    if proof.bound.dirty:
        reasons.append("it was made with uncommitted changes beside it")
    return reasons


def judge(root: Path) -> Judge:
    """Who judges here, and whether it and the machinery of the project (`root` is its clone) are as released."""
    changed = modified(MACHINERY)
    own = root / "mlops"
    return Judge(
        version=__version__,
        sha256=machinery_hash(MACHINERY),
        released=not changed,
        modified=changed,
        project_modified=modified(own) if (own / SUMS).is_file() else [],
    )


def machine(threads: int, python: str, blas: str) -> Machine:
    """The machine that runs this."""
    identity = platform.node()
    for name in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        if Path(name).is_file():
            identity += Path(name).read_text(encoding="ascii")
            break
    return Machine(
        id=hashlib.sha256(identity.encode()).hexdigest()[:12],
        system=f"{platform.system()} {platform.machine()}",
        processor=cpu_model(),
        cpu_class=cpu_class(blas),
        blas=blas,
        cores=os.cpu_count() or 1,
        threads=threads,
        python=python,
    )


def cpu_class(blas: str) -> str:
    """What decides over the last digits: the kind of processor, its widest vectors, and the kernels that BLAS chose."""
    try:
        flags = re.search(r"(?m)^(?:flags|Features)\s*:(.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except OSError:
        flags = None
    words = flags[1].split() if flags else []
    widest = next((name for name in ("avx512f", "avx2", "avx", "sve", "asimd") if name in words), "")
    return " ".join(part for part in (platform.machine(), widest, blas) if part)
