"""One proof, from the clone to the verdict."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

from probado.contract import PROOF_FOLDERS
from probado.errors import Refused
from probado.evidence import page
from probado.evidence.binding import bind, proof_path
from probado.evidence.claim import Claim
from probado.evidence.judge import this_judge
from probado.evidence.machine import last_digits_may_differ
from probado.evidence.proof import (
    STATUS,
    Bound,
    EnvironmentResult,
    Experiment,
    Machine,
    NetworkResult,
    Proof,
    StageResult,
    overall,
    read_proof,
)
from probado.prove import explain
from probado.prove.advice import advise
from probado.prove.calibrate import calibrate
from probado.prove.causes.environment import EnvironmentDrift
from probado.prove.causes.source import Source
from probado.prove.causes.submodule import Submodule
from probado.prove.claims import check_claim, read_claims
from probado.prove.findings import Findings
from probado.prove.outputs import compare_outputs
from probado.prove.perturb import perturb
from probado.prove.rerun import Bench, StageRun, rerun
from probado.prove.setup import Asked, look_at_environment, look_at_machine, make_room, packages_of
from probado.prove.since import bring_others, marked, statement, take_over
from probado.prove.surroundings import transfer
from probado.prove.why import undecided, why
from probado.repository.committed import CommittedContent
from probado.repository.dvc import read_pipeline
from probado.repository.paths import inside
from probado.repository.pipeline import Pipeline, Stage
from probado.room.clone import bring_submodules, keep_no_contents, make_clone
from probado.room.data import bring
from probado.room.room import Room


def prove(asked: Asked, folder: Path) -> tuple[Proof, str]:
    """Prove a commit in a clean room.

    Args:
        asked: the project, its commit, and what to try.
        folder: an empty folder for the room.

    Returns:
        The proof, and the project's folder that it belongs in.

    Raises:
        Refused: there is nothing to prove, or no environment to prove it in.
    """
    begun = time.perf_counter()
    clone = make_clone(asked.project, asked.revision, folder / "clone")
    pipeline = read_pipeline(clone.root)
    if not pipeline.stages:
        raise Refused("dvc.yaml has no stage to run")
    place = evidence_folder(pipeline)
    claimed = read_claims(clone.root)
    bound = bind(asked.project, clone.root, asked.revision, asked.dirty, pipeline.recorded_data())
    findings = Findings()
    if asked.dirty:
        findings.remarks.append(f"{len(asked.dirty)} uncommitted files left out")
    stages = stages_to_run(pipeline, asked, findings)
    if why := bring_submodules(clone):
        findings.causes.append(Submodule.result(".gitmodules", why))
    room = make_room(asked, folder, clone)
    keep_no_contents(clone)
    environment = judge_environment(room, findings)
    machine = look_at_machine(room)
    packages = packages_of(room)
    bench = Bench.of(room, pipeline)
    findings.taken = take_over(bench, asked.since, stages, packages, findings)
    elsewhere = made_elsewhere(room.root, bound, machine, findings)
    judge_stages(asked, bench, stages, claimed, elsewhere, environment.drifted, findings)
    proof = Proof(
        format=2,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        verdict=overall(findings.outputs, findings.claims, findings.causes, findings.perturbations, findings.reasons),
        headline="",
        judge=this_judge(clone.root),
        bound=bound,
        machine=machine,
        made_elsewhere=elsewhere,
        environment=environment,
        network=NetworkResult(method=room.network.method, probe=room.network.probe),
        stages=stage_results(bench, stages, packages, findings),
        outputs=findings.outputs,
        claims=findings.claims,
        causes=findings.causes,
        perturbations=findings.perturbations,
        diagnosis=findings.diagnosis,
        reasons=findings.reasons,
        advice=findings.advice,
        seconds=round(time.perf_counter() - begun, 1),
    )
    return proof.model_copy(update={"headline": page.headline(proof, findings.remarks)}), place


def judge_environment(room: Room, findings: Findings) -> EnvironmentResult:
    """The environment as evidence, with what sets it apart from one that was built from the locks."""
    environment = look_at_environment(room)
    if not room.environment.built:
        findings.remarks.append("environment reused")
        if environment.drifted:
            findings.causes.append(EnvironmentDrift.result("environment", ", ".join(environment.drifted[:5])))
    return environment


def evidence_folder(pipeline: Pipeline) -> str:
    """The folder for the evidence: one that no stage and no DVC file owns as a whole.

    Raises:
        Refused: every such folder is an output.
    """
    owned = pipeline.paths()
    for folder in PROOF_FOLDERS:
        if not inside(folder, owned):
            return folder
    raise Refused(
        f"{' and '.join(PROOF_FOLDERS)} are outputs of stages: the evidence needs a folder that no stage owns"
    )


def stages_to_run(pipeline: Pipeline, asked: Asked, findings: Findings) -> list[Stage]:
    """The stages that dvc.lock has entries for. A pipeline in another folder that was never run is left out."""
    recorded = [stage for stage in pipeline.stages if stage.recorded]
    unrecorded = [stage.name for stage in pipeline.stages if not stage.recorded]
    if unrecorded and recorded:
        findings.remarks.append(f"{', '.join(unrecorded)} never run and not proven")
        here = {stage.name.rpartition(":")[0] for stage in recorded}
        if missing := [name for name in unrecorded if name.rpartition(":")[0] in here]:
            names = ", ".join(missing)
            findings.reasons.append(f"dvc.lock has no entry for {names}: dvc repro, and commit dvc.lock")
    elif unrecorded:
        findings.reasons.append("there is no committed dvc.lock to compare with: dvc repro, and commit dvc.lock")
        return pipeline.stages if asked.diagnose else []
    if unknown := set(asked.stages) - {stage.name for stage in recorded}:
        names = ", ".join(stage.name for stage in recorded)
        raise Refused(f"dvc.lock has no stage {', '.join(sorted(unknown))}; it has {names}")
    if asked.stages:
        findings.remarks.append(f"of {', '.join(asked.stages)} alone")
        return [stage for stage in recorded if stage.name in asked.stages]
    return recorded


def made_elsewhere(root: Path, bound: Bound, machine: Machine, findings: Findings) -> bool:
    """Whether a committed proof of this very dvc.lock is of another kind of processor or number of threads."""
    kept = proof_path(root)
    if not kept.is_file():
        return False
    try:
        before = read_proof(kept)
    except Refused as error:
        findings.advice.append(f"the committed proof was not used: {error}")
        return False
    if before.bound.dvc_lock != bound.dvc_lock or STATUS[before.verdict] != 0 or not before.judge.as_installed:
        return False
    return last_digits_may_differ(before.machine, machine)


def judge_stages(
    asked: Asked,
    bench: Bench,
    stages: list[Stage],
    claimed: list[Claim],
    elsewhere: bool,
    packages: list[str],
    findings: Findings,
) -> None:
    """Rerun, compare, explain; all that is found goes into `findings`.

    Args:
        asked: what to try.
        bench: the room and its pipeline.
        stages: those to run.
        claimed: the project's claims.
        elsewhere: what is committed was made on another kind of processor or number of threads.
        packages: those of the project's environment that are not as locked.
        findings: what was found so far.
    """
    room, pipeline = bench.room, bench.pipeline
    committed = CommittedContent(asked.project, room.scratch / "committed")
    wrong = explain.contradiction(pipeline, room.root) if stages else None
    findings.causes += [wrong] if wrong else []
    ready = stages and (not wrong or asked.diagnose) and bring_data(bench, committed, findings)
    if ready:
        # Small outputs are in git: they are moved away, since stages have to write them.
        transfer([out.path for out in pipeline.outs()], room.root, committed.kept)
        stages = bring_others(bench, committed, stages, findings)
        findings.runs = rerun(bench, stages)
        before = [out for earlier in findings.taken.values() for out in marked(earlier)]
        findings.outputs = compare_outputs(stages, findings.runs, room.root, committed.path_of, elsewhere, before)
        set_aside_submodules(findings)
    known = {out.path for out in pipeline.outs()}
    findings.claims = [check_claim(claim, room.root, findings.written(), known) for claim in claimed]
    if not ready:
        return
    if asked.widest is not None and not any(run.failed for run in findings.runs.values()):
        # Before the laboratory takes the outputs away.
        findings.advice += calibrate(bench, committed, stages, asked.widest, asked.reruns)
    findings.causes += why(bench, committed, elsewhere, packages, findings)
    findings.outputs = undecided(findings)
    findings.advice += advise(bench, claimed, findings)
    if asked.diagnose:
        findings.diagnosis = diagnose(bench, findings)
    if asked.perturb and all(not run.failed for run in findings.runs.values()):
        findings.perturbations, causes = perturb(bench, stages, findings.runs)
        findings.advice += [f"--perturb: {line}" for line in explain.not_tried(bench)]
        findings.causes += causes
    elif asked.perturb:
        findings.advice.append("--perturb: not tried, since a stage failed")


def set_aside_submodules(findings: Findings) -> None:
    """Leave it at a remark that a submodule could not be fetched, where no stage that ran shows that it needs it."""
    lacking = [cause for cause in findings.causes if cause.cause == Submodule.name]
    if all(out.verdict in ("EXACT", "WITHIN TOLERANCE") for out in findings.outputs):
        findings.causes = [cause for cause in findings.causes if cause not in lacking]
        findings.advice += [f"{cause.detail}; what ran here came out without it" for cause in lacking]


def bring_data(bench: Bench, committed: CommittedContent, findings: Findings) -> bool:
    """Bring raw data that DVC keeps; returns whether all could be had."""
    complete = True
    for data in bench.pipeline.data:
        if reason := bring(data, bench.room.root, committed, bench.room.limit):
            findings.causes.append(Source.result(data.file, reason))
            findings.reasons.append(reason)
            complete = False
    return complete


def diagnose(bench: Bench, findings: Findings) -> dict[str, list[Experiment]]:
    """What each stage depends on, by experiments on all of them."""
    diagnosis = {}
    explained = {cause.stage for cause in findings.causes if cause.experiments}
    for name, run in findings.runs.items():
        if not run.failed and name not in explained:
            print(f"diagnosis of {name}", flush=True)
            diagnosis[name] = explain.diagnose(bench, run)
            for experiment in diagnosis[name]:
                print(f"  {experiment.what:40} {experiment.result}", flush=True)
    return diagnosis


def stage_results(bench: Bench, stages: list[Stage], packages: str, findings: Findings) -> list[StageResult]:
    """The stages as evidence, in order: those that ran, and those that were taken over."""
    results = {name: stage_result(run) for name, run in findings.runs.items()}
    for name, run in findings.runs.items():
        if not run.failed and run.stage.recorded:
            results[name] = results[name].model_copy(update={"statement": statement(bench, run, packages)})
    results |= {name: earlier.stage for name, earlier in findings.taken.items()}
    return [results[stage.name] for stage in stages if stage.name in results]


def stage_result(run: StageRun) -> StageResult:
    """A stage as evidence."""
    online = run.stage.source or run.online
    problems = [*(f"reads {read}" for read in run.reads.data), *(f"changed {path}" for path in run.edited)]
    problems += [f"asks for {path}, which is not committed" for path in run.reads.untracked]
    problems += [f"tries to reach {call}" for call in run.reads.calls if not online]
    return StageResult(
        name=run.stage.name,
        seconds=round(run.outcome.seconds, 3),
        status=run.outcome.status,
        network="allowed" if online else "off",
        problems=problems,
        undeclared_code=run.reads.code,
    )
