"""The evidence: what was rerun, on what, with what result, and what binds it to one commit."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import re
import subprocess
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from mlops import __version__
from mlops.prove.claims import Claim
from mlops.prove.machinery import MACHINERY, SUMS, machinery_hash, modified, sha256
from mlops.prove.repository import Refused, first_of, git, tree_hash
from mlops.stage import cpu_model

Verdict = Literal["EXACT", "WITHIN TOLERANCE", "FAIL", "INCONCLUSIVE"]
# Causes that say nothing about the project.
OPEN = ("source", "submodule", "disk")
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


class Held(Claim):
    """One claim, and what came out. Open: nothing that was committed backs it yet."""

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
    # Why nothing can be told of a part of it.
    reasons: list[str]
    advice: list[str]
    seconds: float

    @model_validator(mode="after")
    def follows(self) -> Proof:
        """Refuse a verdict that does not follow from the parts."""
        if self.verdict != (found := judged(self.outputs, self.claims, self.causes, self.perturbations, self.reasons)):
            raise ValueError(f"its parts say {found}, not {self.verdict}: it was changed after it was made")
        return self


def judged(
    outputs: list[Output],
    claims: list[Held],
    causes: list[Cause],
    perturbations: list[Perturbation],
    reasons: list[str],
) -> Verdict:
    """The worst of all parts; elsewhere, claims and declared tolerances decide, and other bytes are reported."""
    found = {out.verdict for out in outputs}
    if "FAIL" in found or any(made.cause not in OPEN for made in causes):
        return "FAIL"
    if any(one.state == "broken" for one in claims if outputs) or not all(one.held for one in perturbations):
        return "FAIL"
    if reasons or causes or not outputs or "INCONCLUSIVE" in found:
        return "INCONCLUSIVE"
    if "OTHER BYTES" in found and not any(one.state == "held" for one in claims):
        return "INCONCLUSIVE"
    return "EXACT" if found == {"EXACT"} else "WITHIN TOLERANCE"


def read(path: Path) -> Proof:
    """A proof from its file.

    Raises:
        Refused: there is none, or it is not understood.
    """
    try:
        found = Proof.model_validate_json(path.read_bytes())
    except OSError as error:
        raise Refused(f"{path} cannot be read ({error.strerror}): python -m mlops prove makes a proof") from error
    except ValidationError as error:
        raise Refused(f"{path} is no proof of format 1: {first_of(error)}") from error
    for out in found.outputs:
        if out.verdict == "EXACT" and (out.found is None or out.found != out.recorded):
            raise Refused(f"{path}: the hashes of {out.path} are not EXACT: it was changed, or its judge was")
    return found


def bind(project: Path, root: Path, commit: str, dirty: list[str], data: dict[str, str]) -> Bound:
    """What a proof of a commit speaks of; `root` is its clone."""
    return Bound(
        commit=commit,
        dirty=dirty,
        tree=tree_hash(project, commit),
        dvc_lock=hashes(root, "dvc.lock", "*/dvc.lock"),
        requirements=hashes(root, "requirements/*.lock"),
        data=data,
    )


def hashes(root: Path, *patterns: str) -> dict[str, str]:
    """SHA-256 of the committed files that match, as they stand."""
    names = sorted(git(root, "ls-files", "-z", "--", *patterns).split("\0")[:-1])
    return {name: sha256(root / name) for name in names if (root / name).is_file()}


def belongs(proof: Proof, project: Path) -> list[str]:
    """Why a proof does not speak of the project's present commit; empty where it does. Reads no network."""
    reasons = []
    here = bind(project, project, "HEAD", [], {})
    if proof.bound.tree != here.tree:
        reasons.append("the commit holds other files than those that were proven")
    commit = proof.bound.commit
    if not re.fullmatch("[0-9a-f]{40,64}", commit):
        reasons.append(f"{commit} is no commit")
    else:
        # A shallow clone may not have it.
        with contextlib.suppress(subprocess.CalledProcessError):
            if proof.bound.tree != tree_hash(project, commit):
                reasons.append(f"commit {commit[:12]} holds other files than those that were proven")
    for listed, there in ((proof.bound.dvc_lock, here.dvc_lock), (proof.bound.requirements, here.requirements)):
        names = sorted(listed.keys() | there.keys())
        reasons += [f"{name} is another one" for name in names if listed.get(name) != there.get(name)]
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


def differ(one: Machine, other: Machine) -> bool:
    """Whether last digits may differ between two machines; a BLAS that is not known is no other one."""
    classes = [machine.cpu_class.removesuffix(machine.blas).strip() for machine in (one, other)]
    blas = {machine.blas for machine in (one, other) if machine.blas}
    return one.threads != other.threads or classes[0] != classes[1] or len(blas) > 1


def cpu_class(blas: str) -> str:
    """What decides over the last digits: the kind of processor, its widest vectors, and the kernels that BLAS chose."""
    try:
        flags = re.search(r"(?m)^(?:flags|Features)\s*:(.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except OSError:
        flags = None
    words = flags[1].split() if flags else []
    widest = next((name for name in ("avx512f", "avx2", "avx", "sve", "asimd") if name in words), "")
    return " ".join(part for part in (platform.machine(), widest, blas) if part)
