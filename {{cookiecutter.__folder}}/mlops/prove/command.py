"""`python -m mlops prove`: from a project's path to a verdict with its evidence."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlops.prove import causes, claims, installed, page, proof, repository
from mlops.prove.compare import compare
from mlops.prove.perturb import perturb
from mlops.prove.proof import Cause, Environment, Experiment, Held, Network, Output, Perturbation, Proof, Verdict
from mlops.prove.repository import Committed, Out, Refused, Step, git
from mlops.prove.rerun import Context, StageRun, rerun, start_clean
from mlops.prove.room import Room, ended_by_signals, hold_network
from mlops.stage import THREAD_VARIABLES

EVIDENCE = Path("reports/proof.json")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command line of prove takes."""
    parser.add_argument("project", nargs="?", default=".", help="any project with git and DVC (default: here)")
    parser.add_argument("--rev", default="HEAD", help="the commit to prove (default: HEAD)")
    parser.add_argument(
        "--allow-dirty", action="store_true", help="prove the commit beside uncommitted changes; marked"
    )
    parser.add_argument("--env", choices=("build", "reuse"), default="build", help="reuse the environment; marked")
    parser.add_argument("--perturb", action="store_true", help="once more in another place, once with other threads")
    parser.add_argument("--diagnose", action="store_true", help="say of every stage what it hangs on")
    parser.add_argument("--limit", type=float, default=360, metavar="MINUTES", help="for one stage (default: 360)")
    parser.add_argument("--check", action="store_true", help="say whether the proof belongs to the present commit")
    parser.add_argument("--against", nargs="+", metavar="PROOF", help="compare with proofs made elsewhere")


def main(options: argparse.Namespace) -> int:
    """Run the command; returns the exit status: 0 proven, 1 not, 3 cannot be told, 2 cannot be judged."""
    project = Path(options.project).resolve()
    try:
        try:
            git(project, "rev-parse", "--verify", "--quiet", f"{options.rev}^{{commit}}")
        except (subprocess.CalledProcessError, OSError) as error:
            raise Refused(f"{project} is no git repository with a commit {options.rev}") from error
        if options.check:
            return check(project)
        if options.against:
            return page.against(proof.read(project / EVIDENCE), [proof.read(Path(name)) for name in options.against])
        dirty = repository.changes(project)
        if dirty and not options.allow_dirty:
            raise Refused(
                f"{len(dirty)} files are not committed ({', '.join(dirty[:3])}{', …' if len(dirty) > 3 else ''}): "
                "commit them, or --allow-dirty proves the commit without them"
            )
        with ended_by_signals(), Room(project, options.rev, 60 * options.limit) as room:
            made = Trial(room, options, dirty).run()
        page.write(made, project / "reports")
    except Refused as error:
        print(f"prove: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("prove: interrupted; the project is as it was", file=sys.stderr)
        return 130
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        print(f"prove: {error.strerror}{where}; TMPDIR names another place for the clean room", file=sys.stderr)
        return 2
    print(f"\n{made.headline}\nsee {(project / 'reports' / 'proof.html')}")
    return proof.STATUS[made.verdict]


def check(project: Path) -> int:
    """Say whether the project's proof belongs to its present commit."""
    made = proof.read(project / EVIDENCE)
    reasons = proof.belongs(made, project)
    for reason in reasons:
        print(f"prove: {reason}", file=sys.stderr)
    print(
        f"{made.verdict}, of commit {made.bound.commit[:12]}: {'not the present one' if reasons else 'the present one'}"
    )
    return 1 if reasons else proof.STATUS[made.verdict]


class Trial:
    """One proof, from the clone to the verdict."""

    def __init__(self, room: Room, options: argparse.Namespace, dirty: list[str]) -> None:
        self.room, self.options, self.dirty = room, options, dirty
        self.begun = time.perf_counter()
        self.advice: list[str] = []
        self.causes: list[Cause] = []
        self.reasons: list[str] = []

    def run(self) -> Proof:
        """Rerun, compare, explain."""
        room = self.room
        room.clone()
        self.pipeline = repository.read(room.root)
        if not self.pipeline.steps:
            raise Refused("dvc.yaml has no stage to run")
        self.committed = Committed(room.project, self.options.rev, room.folder / "scratch")
        self.claimed = claims.read(room.root)
        steps = self.recorded()
        self.environment = self.make_environment()
        method, probe = hold_network(room)
        self.network, self.method = Network(method=method, probe=probe), method
        self.machine = self.look_at_machine()
        self.elsewhere = self.made_elsewhere()
        runs: dict[str, StageRun] = {}
        outputs: list[Output] = []
        perturbed: list[Perturbation] = []
        diagnosis: dict[str, list[Experiment]] = {}
        wrong = causes.of_lock(self.pipeline, room.root) if steps else None
        if wrong:
            self.causes.append(wrong)
        if steps and (not wrong or self.options.diagnose) and self.bring_data():
            start_clean(room, self.pipeline.outs())
            context = Context(room, self.pipeline)
            runs = rerun(room, self.pipeline, steps, method, self.tell)
            outputs = self.compare(steps, runs, self.first_contents)
            self.explain(context, runs, outputs)
            self.advise(runs)
            if self.options.diagnose:
                diagnosis = self.diagnose(context, runs)
            if self.options.perturb and all(not found.failed for found in runs.values()):
                perturbed = self.perturb(steps, runs)
        held = self.hold(runs)
        return self.conclude(runs, outputs, held, perturbed, diagnosis)

    def recorded(self) -> list[Step]:
        """The stages that dvc.lock speaks of; a pipeline in another folder that was never run is left out."""
        steps = [step for step in self.pipeline.steps if step.recorded]
        left = [step.name for step in self.pipeline.steps if not step.recorded]
        if left and steps:
            self.advice.append(f"not in any dvc.lock, and not proven: {', '.join(left)}")
            here = {step.name.rpartition(":")[0] for step in steps}
            if missing := [name for name in left if name.rpartition(":")[0] in here]:
                self.reasons.append(f"dvc.lock does not speak of {', '.join(missing)}: dvc repro, and commit dvc.lock")
        elif left:
            self.reasons.append("there is no committed dvc.lock to compare with: dvc repro, and commit dvc.lock")
            if self.options.diagnose:
                return self.pipeline.steps
        return steps

    def make_environment(self) -> Environment:
        """Build the environment from the clone's locks, or take the one that is there."""
        locked = (self.room.root / "requirements" / "base.lock").is_file()
        seconds = 0.0
        if self.options.env == "build" and locked:
            print("building the environment from the locks", flush=True)
            seconds = self.room.build_environment(installed.deep(self.room))
        else:
            self.room.reuse_environment()
        made: Any = "reused" if locked else "reused: there are no hashed locks"
        # Of a built environment, that which the results were made with is looked at: it may be the cause.
        own = self.room.project / ".venv" / "bin" / "python"
        look = locked and (not seconds or own.is_file())
        drifted = installed.drifted(self.room, str(own) if seconds else "python") if look else []
        if drifted and not seconds:
            self.causes.append(causes.cause("environment", "environment", ", ".join(drifted[:5])))
        return Environment(made="built from the locks" if seconds else made, seconds=round(seconds, 1), drifted=drifted)

    def look_at_machine(self) -> proof.Machine:
        """The machine, with the interpreter and BLAS of the room's environment."""
        code = (
            "import json, platform\n"
            "try:\n import numpy; from threadpoolctl import threadpool_info as found\n"
            " names = sorted({i.get('architecture') or '' for i in found() if i['user_api'] == 'blas'})\n"
            "except ImportError: names = []\n"
            "print(json.dumps([platform.python_version(), ' '.join(names)]))"
        )
        done = self.room.run(f'python -c "{code}"', ".", self.method, {})
        try:
            python, blas = json.loads(done.output.splitlines()[-1])
        except (ValueError, IndexError):
            python, blas = "unknown", ""
        threads = int(self.room.variables(False)[THREAD_VARIABLES[0]])
        return proof.machine(threads, python, blas)

    def made_elsewhere(self) -> bool:
        """Whether the committed proof of this very dvc.lock is of another kind of processor or number of threads."""
        kept = self.room.root / EVIDENCE
        if not kept.is_file():
            return False
        try:
            before = proof.read(kept)
        except Refused as error:
            self.advice.append(f"the committed proof was not used: {error}")
            return False
        here = proof.bind(self.room.project, self.room.root, self.options.rev, "", [], {})
        same = (self.machine.cpu_class, self.machine.threads)
        return before.bound.dvc_lock == here.dvc_lock and same != (before.machine.cpu_class, before.machine.threads)

    def bring_data(self) -> bool:
        """Bring raw data that DVC keeps; returns whether all could be had."""
        whole = True
        for data in self.pipeline.data:
            if why := self.room.bring(data):
                self.causes.append(causes.cause("source", data.file, why))
                self.reasons.append(why)
                whole = False
        return whole

    def tell(self, found: StageRun) -> None:
        """One line per stage as it ends."""
        recorded = {out.path: out.recorded for out in found.step.outs}
        same = sum(value == recorded[path] for path, value in found.hashes.items())
        result = "failed" if found.failed else f"{same} of {len(recorded)} outputs the same bytes"
        print(f"  {found.step.name:24} {result:34} {found.outcome.seconds:8.1f} s", flush=True)

    def compare(
        self,
        steps: list[Step],
        runs: dict[str, StageRun],
        reference: Callable[[Out], Path | None],
        elsewhere: bool | None = None,
    ) -> list[Output]:
        """Compare every output with a reference: what was committed, or what the first rerun gave."""
        elsewhere = self.elsewhere if elsewhere is None else elsewhere
        verdicts: dict[str, Output] = {}
        waiting: list[tuple[Out, str]] = []
        for step in steps:
            for out in step.outs:
                ran = runs.get(step.name)
                found = ran.hashes.get(out.path) if ran else None
                rule = out.elsewhere if elsewhere and out.elsewhere else out.same
                made: dict[str, Any] = {
                    "path": out.path,
                    "stage": step.name,
                    "recorded": out.recorded,
                    "found": found,
                    "compared": str(rule),
                }
                if ran is None:
                    detail = "not reached: an earlier stage failed"
                    verdicts[out.path] = Output(**made, verdict="INCONCLUSIVE", detail=detail)
                elif ran.failed:
                    unsure = step.source or ran.disk_full
                    detail = "the stage did not write it" if found is None else "the stage failed"
                    verdicts[out.path] = Output(**made, verdict="INCONCLUSIVE" if unsure else "FAIL", detail=detail)
                elif out.recorded is None:
                    verdicts[out.path] = Output(**made, verdict="INCONCLUSIVE", detail="dvc.lock has no hash of it")
                elif found == out.recorded:
                    verdicts[out.path] = Output(**made, verdict="EXACT")
                elif rule.by:
                    waiting.append((out, rule.by))
                    verdicts[out.path] = Output(**made, verdict="FAIL", detail=f"no output {rule.by} to go by")
                else:
                    there = reference(out)
                    if there is None and str(rule) != "bytes":
                        verdicts[out.path] = Output(
                            **made,
                            verdict="INCONCLUSIVE",
                            detail="other bytes, and the committed ones are not here to compare with: dvc pull",
                        )
                        continue
                    result = compare(there, self.room.root / out.path, rule) if there else None
                    agree = bool(result and result.agree)
                    other: Any = (
                        "WITHIN TOLERANCE" if agree else "OTHER BYTES" if elsewhere and str(rule) == "bytes" else "FAIL"
                    )
                    verdicts[out.path] = Output(
                        **made, verdict=other, detail=result.detail if result else "other bytes"
                    )
        for out, by in waiting:
            if by in verdicts:
                judged = "WITHIN TOLERANCE" if verdicts[by].verdict == "EXACT" else verdicts[by].verdict
                verdicts[out.path] = verdicts[out.path].model_copy(update={"verdict": judged, "detail": f"as {by}"})
        return list(verdicts.values())

    def first_contents(self, out: Out) -> Path | None:
        """What was committed of an output."""
        return self.committed.content(out)

    def explain(self, context: Context, runs: dict[str, StageRun], outputs: list[Output]) -> None:
        """Find the cause of the first thing that went wrong; experiments only where nothing was seen."""
        for found in runs.values():
            name = found.step.name
            if found.edited:
                self.causes.append(causes.cause("edited-dependency", name, ", ".join(found.edited)))
            if found.undeclared:
                self.causes.append(causes.cause("undeclared-read", name, "; ".join(found.undeclared[:5])))
            if found.edited or found.undeclared:
                return
            if found.failed:
                self.causes.append(causes.of_failure(context, found, self.method))
                return
            if found.calls and not found.step.source:
                self.advice.append(f"{name} tried to reach {', '.join(found.calls[:3])}")
        if wrong := causes.of_hashes(self.pipeline, runs):
            self.causes.append(wrong)
            return
        good = ("EXACT", "INCONCLUSIVE", "OTHER BYTES")
        for found in runs.values():
            name = found.step.name
            differing = [out.path for out in outputs if out.stage == name and out.verdict not in good]
            if differing and not self.elsewhere:
                print(f"looking for the cause in {name}", flush=True)
                made, lines = causes.of_difference(
                    context, found, differing, self.method, self.committed, self.environment.drifted
                )
                self.causes.append(made)
                outputs[:] = [out.model_copy(update={"differences": lines.get(out.path, [])}) for out in outputs]
                return

    def advise(self, runs: dict[str, StageRun]) -> None:
        """Note code that stages import without declaring it: a change of it would rerun nothing."""
        importing: dict[str, list[str]] = {}
        for found in runs.values():
            for code in found.code:
                importing.setdefault(code.partition(" ")[0], []).append(found.step.name)
        for code, names in importing.items():
            self.advice.append(f"{code} is imported and no dependency of {', '.join(names)}")

    def diagnose(self, context: Context, runs: dict[str, StageRun]) -> dict[str, list[Experiment]]:
        """What each stage hangs on, by experiments on all of them."""
        found = {}

        def tell(what: str, result: str) -> None:
            print(f"  {what:40} {result}", flush=True)

        for name, first in runs.items():
            if not first.failed and not any(cause.stage == name and cause.experiments for cause in self.causes):
                print(f"diagnosis of {name}", flush=True)
                found[name] = causes.sweep_factors(context, first, self.method, tell)
        return found

    def perturb(self, steps: list[Step], runs: dict[str, StageRun]) -> list[Perturbation]:
        """The pipeline again under other circumstances."""

        def compare(
            again: dict[str, StageRun], reference: Callable[[Out], Path | None], elsewhere: bool
        ) -> list[Output]:
            return self.compare(steps, again, reference, elsewhere)

        lines, why = perturb(self.room, self.pipeline, steps, runs, self.method, self.tell, compare)
        self.causes += why
        return lines

    def hold(self, runs: dict[str, StageRun]) -> list[Held]:
        """Hold the claims against what came out."""
        made = {path for found in runs.values() for path, value in found.hashes.items() if value}
        held = []
        for claim in self.claimed:
            common: dict[str, Any] = {
                **claim.model_dump(include={"id", "text", "output", "key", "tolerance"}),
                "claimed": claim.value,
            }
            if not repository.inside(claim.output, made):
                known = repository.inside(claim.output, {out.path for out in self.pipeline.outs()})
                detail = "its stage was not run" if known else f"no stage writes {claim.output}"
                held.append(Held(**common, found=None, state="open" if known else "broken", detail=detail))
                continue
            try:
                value = claims.found(claim, self.room.root)
            except ValueError as error:
                held.append(Held(**common, found=None, state="broken", detail=str(error)))
            else:
                held.append(Held(**common, found=value, state="held" if claims.holds(claim, value) else "broken"))
        for one in held:
            came = "nothing" if one.found is None else f"{one.found:g}"
            claimed = f"claimed {one.claimed:g} ± {one.tolerance:g}"
            print(f"  claim {one.id:22} {one.state:7} {claimed}, came out {came} {one.detail}".rstrip())
        if runs:
            prose = [
                name
                for name in git(self.room.root, "ls-files").splitlines()
                if (name == "README.md" or name.startswith(("docs/", "reports/")))
                and name.endswith((".md", ".html"))
                and name not in repository.PROOF
            ]
            self.advice += claims.misquoted(self.room.root, self.claimed)
            self.advice += [
                f"no claim and no output has the number of {line}"
                for line in claims.unbacked(
                    self.room.root, prose, [self.room.root / path for path in sorted(made)], self.claimed
                )
            ]
        return held

    def conclude(
        self,
        runs: dict[str, StageRun],
        outputs: list[Output],
        held: list[Held],
        perturbed: list[Perturbation],
        diagnosis: dict[str, list[Experiment]],
    ) -> Proof:
        """The verdict, and the proof with all its parts."""
        judge = proof.judge(self.room.root)
        verdict = self.verdict(outputs, held, perturbed)
        commit = git(self.room.place, "rev-parse", "HEAD").strip()
        made = Proof(
            format=1,
            made=datetime.now(UTC).isoformat(timespec="seconds"),
            verdict=verdict,
            headline=page.headline(verdict, outputs, held, self.causes, self.reasons, judge),
            judge=judge,
            bound=proof.bind(
                self.room.project,
                self.room.root,
                self.options.rev,
                commit,
                self.dirty,
                {data.path: data.recorded or "" for data in self.pipeline.data},
            ),
            machine=self.machine,
            made_elsewhere=self.elsewhere,
            environment=self.environment,
            network=self.network,
            stages=[self.stage(found) for found in runs.values()],
            outputs=outputs,
            claims=held,
            causes=self.causes,
            perturbations=perturbed,
            diagnosis=diagnosis,
            advice=[*self.reasons, *self.advice],
            seconds=round(time.perf_counter() - self.begun, 1),
        )
        page.show(made)
        return made

    def verdict(self, outputs: list[Output], held: list[Held], perturbed: list[Perturbation]) -> Verdict:
        """The worst of all parts; elsewhere, claims and declared tolerances decide, and other bytes are reported."""
        found = {out.verdict for out in outputs}
        if "FAIL" in found or any(made.cause in causes.BY_THEMSELVES for made in self.causes):
            return "FAIL"
        if any(one.state == "broken" for one in held if outputs) or not all(one.held for one in perturbed):
            return "FAIL"
        if self.reasons or not outputs or "INCONCLUSIVE" in found:
            return "INCONCLUSIVE"
        if "OTHER BYTES" in found and not any(one.state == "held" for one in held):
            return "INCONCLUSIVE"
        return "EXACT" if found == {"EXACT"} else "WITHIN TOLERANCE"

    def stage(self, found: StageRun) -> proof.Stage:
        """A stage as evidence."""
        problems = [*(f"reads {read}" for read in found.undeclared), *(f"changed {path}" for path in found.edited)]
        problems += [f"asks for {path}, which is not committed" for path in found.untracked]
        problems += [f"tries to reach {call}" for call in found.calls if not found.step.source]
        return proof.Stage(
            name=found.step.name,
            seconds=round(found.outcome.seconds, 3),
            status=found.outcome.status,
            network="allowed" if found.step.source else "off",
            problems=problems,
            undeclared_code=found.code,
        )
