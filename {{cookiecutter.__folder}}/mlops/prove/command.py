"""`python -m mlops prove`: from a project's path to a verdict with its evidence."""

from __future__ import annotations

import argparse
import errno
import json
import os
import subprocess
import sys
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlops.prove import causes, claims, installed, page, proof, repository
from mlops.prove.outputs import judge
from mlops.prove.perturb import perturb
from mlops.prove.proof import Cause, Environment, Experiment, Held, Network, Output, Perturbation, Proof
from mlops.prove.repository import Committed, Refused, Step, git
from mlops.prove.rerun import Context, StageRun, overwritten, rerun, start_clean
from mlops.prove.room import Room, ended_by_signals, hold_network
from mlops.stage import THREAD_VARIABLES


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
    """Run the command; returns the exit status: 0 proven, 1 not, 3 cannot be told, 2 cannot be judged, 4 a mistake."""
    project = Path(options.project).resolve()
    # Git sets them for its hooks: they would lead from the clone back to the project.
    for name in [name for name in os.environ if name.startswith("GIT_") and not name.startswith("GIT_SS")]:
        del os.environ[name]
    try:
        try:
            git(project, "rev-parse", "--show-toplevel")
            # One commit from here on: a name may mean another one in the clone.
            options.rev = git(project, "rev-parse", "--verify", "--quiet", f"{options.rev}^{{commit}}").strip()
        except (subprocess.CalledProcessError, OSError) as error:
            raise Refused(f"{project} is no folder of a git repository with a commit {options.rev}") from error
        if options.check:
            return check(project)
        if options.against:
            here = proof.read(repository.evidence(project))
            return page.against(here, [proof.read(Path(name)) for name in options.against])
        dirty = repository.changes(project)
        if dirty and not options.allow_dirty:
            files = "1 file is" if len(dirty) == 1 else f"{len(dirty)} files are"
            raise Refused(
                f"{files} not committed ({', '.join(dirty[:3])}{', …' if len(dirty) > 3 else ''}): "
                "commit what belongs to the project, or --allow-dirty proves the commit without it"
            )
        with ended_by_signals(), Room(project, options.rev, 60 * options.limit) as room:
            trial = Trial(room, options, dirty)
            made = trial.run()
        folder = project / trial.folder
        page.write(made, folder)
    except Refused as error:
        print(f"prove: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("prove: interrupted; the project is as it was", file=sys.stderr)
        return 130
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        elsewhere = "; TMPDIR names another place for the clean room" if error.errno == errno.ENOSPC else ""
        print(f"prove: {error.strerror}{where}{elsewhere}", file=sys.stderr)
        return 2
    except Exception:  # noqa: BLE001 - its status must not be that of a verdict
        traceback.print_exc()
        print("prove: stopped by a mistake of its own; the project is as it was", file=sys.stderr)
        return 4
    print(f"\n{made.headline}\nsee {folder / 'proof.html'}")
    return proof.STATUS[made.verdict]


def check(project: Path) -> int:
    """Say whether the project's proof belongs to its present commit."""
    made = proof.read(repository.evidence(project))
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
        # What sets this proof apart from a full one: told beside its verdict.
        self.apart: list[str] = []
        if dirty:
            self.apart.append(f"{len(dirty)} uncommitted files left out")
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
        self.folder = self.place()
        self.committed = Committed(room.project, self.options.rev, room.folder / "scratch")
        self.claimed = claims.read(room.root)
        data = {data.path: data.recorded or "" for data in self.pipeline.data}
        self.bound = proof.bind(room.project, room.root, self.options.rev, self.dirty, data)
        steps = self.recorded()
        if why := room.bring_submodules():
            self.causes.append(causes.cause("submodule", ".gitmodules", why))
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
            runs = rerun(context, steps, method, self.tell)
            outputs = judge(steps, runs, room.root, self.committed.content, self.elsewhere)
            self.explain(context, runs, outputs)
            if not self.causes:
                self.look_for_overwritten(runs)
            self.advise(runs)
            if self.options.diagnose:
                diagnosis = self.diagnose(context, runs)
            if self.options.perturb and all(not found.failed for found in runs.values()):
                perturbed, why_not = perturb(context, steps, runs, method, self.tell)
                self.causes += why_not
            elif self.options.perturb:
                self.advice.append("--perturb: not tried, since a stage failed")
        held = self.hold(runs)
        return self.conclude(runs, outputs, held, perturbed, diagnosis)

    def place(self) -> str:
        """The folder for the evidence: none that a stage or DVC keeps as a whole."""
        theirs = {*(out.path for out in self.pipeline.outs()), *(data.path for data in self.pipeline.data)}
        for folder in repository.FOLDERS:
            if not repository.inside(folder, theirs):
                return folder
        raise Refused(f"{' and '.join(repository.FOLDERS)} are outputs: the evidence needs a folder that is none")

    def recorded(self) -> list[Step]:
        """The stages that dvc.lock speaks of; a pipeline in another folder that was never run is left out."""
        steps = [step for step in self.pipeline.steps if step.recorded]
        left = [step.name for step in self.pipeline.steps if not step.recorded]
        if left and steps:
            self.apart.append(f"{', '.join(left)} never run and not proven")
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
            self.apart.append("environment reused")
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
        kept = repository.evidence(self.room.root)
        if not kept.is_file():
            return False
        try:
            before = proof.read(kept)
        except Refused as error:
            self.advice.append(f"the committed proof was not used: {error}")
            return False
        if before.bound.dvc_lock != self.bound.dvc_lock or proof.STATUS[before.verdict] != 0 or before.judge.modified:
            return False
        return proof.differ(before.machine, self.machine)

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
            if found.online:
                self.advice.append(f"{name} was let reach the network: it fails without, and reads no other stage")
        if wrong := causes.of_hashes(self.pipeline, runs):
            self.causes.append(wrong)
            return
        for found in runs.values():
            name = found.step.name
            if self.elsewhere:
                other = [out.path for out in outputs if out.stage == name and out.found != out.recorded]
                wrong = causes.of_elsewhere(context, found, other, self.method) if other else None
                if wrong:
                    self.causes.append(wrong)
                    return
                continue
            differing = [out.path for out in outputs if out.stage == name and out.verdict == "FAIL"]
            if differing:
                print(f"looking for the cause in {name}", flush=True)
                made, lines = causes.of_difference(
                    context, found, differing, self.method, self.committed, self.environment.drifted
                )
                self.causes.append(made)
                outputs[:] = [out.model_copy(update={"differences": lines.get(out.path, [])}) for out in outputs]
                return

    def look_for_overwritten(self, runs: dict[str, StageRun]) -> None:
        """Note files that a stage changed which are not its own."""
        for path, whose in list(overwritten(self.room, runs).items())[:3]:
            self.causes.append(causes.cause("overwritten", "the pipeline", f"{path}, {whose}"))

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
        judged = proof.judge(self.room.root)
        verdict = proof.judged(outputs, held, self.causes, perturbed, self.reasons)
        made = Proof(
            format=1,
            made=datetime.now(UTC).isoformat(timespec="seconds"),
            verdict=verdict,
            headline=page.headline(verdict, outputs, held, self.causes, self.reasons, self.apart, judged.modified),
            judge=judged,
            bound=self.bound,
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
            reasons=self.reasons,
            advice=self.advice,
            seconds=round(time.perf_counter() - self.begun, 1),
        )
        page.show(made)
        return made

    def stage(self, found: StageRun) -> proof.Stage:
        """A stage as evidence."""
        problems = [*(f"reads {read}" for read in found.undeclared), *(f"changed {path}" for path in found.edited)]
        problems += [f"asks for {path}, which is not committed" for path in found.untracked]
        problems += [f"tries to reach {call}" for call in found.calls if not (found.step.source or found.online)]
        return proof.Stage(
            name=found.step.name,
            seconds=round(found.outcome.seconds, 3),
            status=found.outcome.status,
            network="allowed" if found.step.source or found.online else "off",
            problems=problems,
            undeclared_code=found.code,
        )
