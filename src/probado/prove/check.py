"""probado prove --check: whether a proof belongs to the present commit, and whether its parts can be true of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from probado.evidence.binding import mismatches
from probado.evidence.claim import Claim
from probado.evidence.judge import known_judges
from probado.evidence.page import headline
from probado.evidence.proof import STATUS, Proof
from probado.prove.claims import applies, holds, read_claims
from probado.repository.dvc import read_pipeline
from probado.repository.pipeline import Pipeline
from probado.room.clone import make_clone

# What no reading of a proof can tell. A rerun can.
NOT_CHECKED = "that it ran at all, on this machine, with these results: only a rerun shows that"


def check(proof: Proof, project: Path, revision: str, folder: Path) -> list[str]:
    """What speaks against a proof of the present commit; empty where nothing does. Uses no network.

    Args:
        proof: what was read.
        project: the project's folder.
        revision: the present commit.
        folder: an empty folder for a clone of it.

    Raises:
        Refused: the commit's pipeline or claims cannot be read.
    """
    found = mismatches(proof, project)
    if found:
        return found
    clone = make_clone(project, revision, folder / "clone")
    pipeline = read_pipeline(clone.root)
    found += _outputs(proof, pipeline)
    found += _claims(proof, read_claims(clone.root), clone.root)
    if proof.bound.data != pipeline.recorded_data():
        found.append("its raw data are not those that the commit names")
    if not proof.headline.startswith(headline(proof, []).partition(" (")[0]):
        found.append("its headline does not say what its parts say")
    if proof.judge.sha256 not in known_judges(clone.root):
        found.append("its judge is not known: neither this one, nor the one in requirements/, nor a released one")
    return found


def _outputs(proof: Proof, pipeline: Pipeline) -> Iterator[str]:
    """What is wrong with the proof's stages and outputs, beside those of dvc.lock."""
    recorded = {out.path: out for stage in pipeline.stages if stage.recorded for out in stage.outs}
    listed = {out.path: out for out in proof.outputs}
    proven = STATUS[proof.verdict] == 0
    for path in sorted(recorded.keys() | listed.keys()):
        if path not in listed:
            # A proof that failed may have ended early.
            if proven:
                yield f"the output {path} is missing from it"
        elif path not in recorded:
            yield f"dvc.lock has no output {path}"
        else:
            out, said = recorded[path], listed[path]
            rules = {str(out.rule), *([str(out.rule_elsewhere)] if out.rule_elsewhere and proof.made_elsewhere else [])}
            if (said.stage, said.recorded) != (out.stage, out.recorded):
                yield f"dvc.lock has another hash or stage of {path}"
            if said.compared not in rules:
                yield f"dvc.yaml does not say that {path} is compared by {said.compared}"
            if said.verdict == "WITHIN TOLERANCE" and said.compared == "bytes":
                yield f"{path} cannot be within a tolerance: it is compared by its bytes"
    ran = {stage.name: stage for stage in proof.stages}
    for stage in pipeline.stages:
        if not (proven and stage.recorded):
            continue
        if stage.name not in ran:
            yield f"the stage {stage.name} is missing from it"
        elif ran[stage.name].status:
            yield f"the stage {stage.name} failed, and the verdict is {proof.verdict}"


def _claims(proof: Proof, claims: list[Claim], root: Path) -> Iterator[str]:
    """What is wrong with the proof's claims, beside those of claims.yaml."""
    stated = [claim.model_dump() for claim in claims]
    listed = [claim.model_dump(include=set(Claim.model_fields)) for claim in proof.claims]
    if stated != listed:
        yield "its claims are not those of claims.yaml"
    for claim in proof.claims:
        if claim.state == "held" and (claim.found is None or not holds(claim, claim.found)):
            yield f"the claim {claim.id} does not hold by its own number"
        if (claim.state == "aside") is applies(claim, root):
            yield f"whether the claim {claim.id} is about these results is not what the commit says"
