"""prove --since: stages that an earlier proof covers are taken over, since nothing that they rest on has changed."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path, PurePosixPath

import yaml

from probado.evidence import page
from probado.evidence.judge import known_judges, sha256
from probado.evidence.proof import OutputResult, Proof, Statement, Taken
from probado.files import is_program
from probado.prove.findings import Earlier, Findings
from probado.prove.rerun import Bench, StageRun
from probado.repository import hashes
from probado.repository.committed import CommittedContent
from probado.repository.paths import inside
from probado.repository.pipeline import Stage

# A stage is drawn for a rerun if it took at most this part of the time of all that are covered, or else so many
# seconds: a rerun of a long one is what --since is to spare.
SHORT, MINUTE = 0.1, 60.0


def take_over(
    bench: Bench, proofs: tuple[Proof, ...], stages: list[Stage], packages: str, findings: Findings
) -> dict[str, Earlier]:
    """The stages that earlier proofs cover, but for one that is drawn and runs again."""
    if not proofs:
        return {}
    earlier = find_earlier(bench, proofs, stages, packages)
    if drawn := draw(earlier):
        del earlier[drawn]
        said = f"{drawn} is covered too, was drawn at random, and ran again"
    elif earlier:
        said = "no stage that is covered is short enough to be drawn and run again"
    else:
        said = "no stage could be taken over: something that each rests on has changed"
    findings.advice.append(f"--since: {said}")
    return earlier


def bring_others(bench: Bench, committed: CommittedContent, stages: list[Stage], findings: Findings) -> list[Stage]:
    """Bring what stages that do not run have written; returns those that run.

    A stage that was taken over runs again where its outputs are not on this machine.
    """
    for name in list(findings.taken):
        stage = next(stage for stage in stages if stage.name == name)
        if missing := bring_outputs(bench, committed, [stage]):
            findings.advice.append(f"--since: {name} ran again, because {missing[0]} is not on this machine: dvc pull")
            del findings.taken[name]
    running = [stage for stage in stages if stage.name not in findings.taken]
    left_out = [stage for stage in bench.pipeline.stages if stage.recorded and stage not in stages]
    bring_outputs(bench, committed, left_out)
    sources = {name: one.stage.taken.commit[:12] for name, one in findings.taken.items() if one.stage.taken}
    for name, commit in sources.items():
        print(f"  {name:24} taken over from the proof of {commit}", flush=True)
    if sources:
        from_proofs = ", ".join(sorted(set(sources.values())))
        findings.remarks.append(f"{len(sources)} of {len(stages)} stages taken over from the proof of {from_proofs}")
        findings.remarks += {text for one in findings.taken.values() if (text := page.NOT_HELD.get(one.method))}
    return running


def statement(bench: Bench, run: StageRun, packages: str) -> Statement:
    """What the result of a stage rests on.

    Args:
        bench: the room and its pipeline.
        run: the stage as it ran.
        packages: a hash over those of the environment.
    """
    root, stage = bench.room.root, run.stage
    # What programs other than Python read is not seen: of code, that may be any.
    watched = bool(run.reads.used)
    programs = {path for path in bench.code if not watched or is_program(root / path)}
    declared = {*stage.deps, *stage.parameters, *(out.path for out in stage.outs)}
    used = {path for path in run.reads.used | programs if path in bench.committed and not inside(path, declared)}
    code = {path: sha256(root / path) for path in sorted(used) if (root / path).is_file()}
    return Statement(lock=lock_hash(root, stage), code=code, packages=packages)


def lock_hash(root: Path, stage: Stage) -> str:
    """SHA-256 of the entry of a stage in dvc.lock, however that file is written."""
    file, _, name = stage.name.rpartition(":")
    lock = root / PurePosixPath(file or "dvc.yaml").with_name("dvc.lock")
    entry = yaml.safe_load(lock.read_text(encoding="utf-8"))["stages"].get(name)
    return hashlib.sha256(json.dumps(entry, sort_keys=True, default=str).encode()).hexdigest()


def find_earlier(bench: Bench, proofs: tuple[Proof, ...], stages: list[Stage], packages: str) -> dict[str, Earlier]:
    """The stages that an earlier proof covers, by name. Nothing that one rests on may have changed."""
    root, found = bench.room.root, {}
    judges = known_judges(root)
    for proof in proofs:
        if proof.judge.modified or proof.judge.sha256 not in judges:
            continue
        blamed = {cause.stage for cause in proof.causes}
        by_name = {stage.name: stage for stage in proof.stages if stage.name not in blamed}
        for stage in stages:
            before = by_name.get(stage.name)
            outputs = [out for out in proof.outputs if out.stage == stage.name]
            if stage.name in found or before is None or before.status or before.problems or before.statement is None:
                continue
            code = {path: sha256(root / path) for path in before.statement.code if (root / path).is_file()}
            same = Statement(lock=lock_hash(root, stage), code=code, packages=packages) == before.statement
            recorded = {out.path: out.recorded for out in stage.outs}
            proven = all(out.verdict in ("EXACT", "WITHIN TOLERANCE") for out in outputs)
            if same and proven and recorded == {out.path: out.recorded for out in outputs}:
                taken = before.model_copy(update={"taken": before.taken or _source(proof)})
                found[stage.name] = Earlier(taken, outputs, proof.network.method)
    return found


def draw(earlier: dict[str, Earlier]) -> str | None:
    """One of the covered stages that runs again all the same, at random; None where all are long."""
    seconds = {name: one.stage.seconds for name, one in earlier.items()}
    short = [name for name in seconds if seconds[name] <= SHORT * sum(seconds.values())]
    names = short or [name for name in seconds if seconds[name] <= MINUTE]
    return random.SystemRandom().choice(names) if names else None


def bring_outputs(bench: Bench, committed: CommittedContent, stages: list[Stage]) -> list[str]:
    """Put committed outputs of stages that do not run into the clone; returns those that are not on this machine."""
    missing = []
    for out in (out for stage in stages for out in stage.outs):
        if there := committed.path_of(out):
            hashes.copy(there, bench.room.root / out.path)
        else:
            missing.append(out.path)
    return missing


def marked(earlier: Earlier) -> list[OutputResult]:
    """The outputs of a stage that was taken over, each with the proof that it is from."""
    taken = earlier.stage.taken
    assert taken
    detail = f"taken over from the proof of {taken.commit[:12]}, made {taken.made[:10]} on {taken.cpu_class}"
    return [out.model_copy(update={"detail": "; ".join(filter(None, (out.detail, detail)))}) for out in earlier.outputs]


def _source(proof: Proof) -> Taken:
    return Taken(
        commit=proof.bound.commit,
        made=proof.made,
        judge=f"{proof.judge.version} {proof.judge.sha256[:12]}",
        machine=proof.machine.id,
        cpu_class=proof.machine.cpu_class,
    )
