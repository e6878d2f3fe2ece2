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
from mlops.prove.rerun import Context, StageRun, overwritten, rerun, transfer
from mlops.prove.room import QUIET, Room, ended_by_signals, hold_network, last_line
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
            said = last_line(error.stderr.decode()) if isinstance(error, subprocess.CalledProcessError) else ""
            raise Refused(
                f"{project} is no folder of a git repository with a commit {options.rev}{said and f' ({said})'}"
            ) from error
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
            # Of the judge's own DVC neither a process nor a folder is left.
            os.environ |= {**QUIET, "DVC_SITE_CACHE_DIR": str(room.folder / "scratch" / "dvc")}
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
    print(f"{page.render('proof.txt', made)}see {folder / 'proof.html'}")
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
        self.runs: dict[str, StageRun] = {}
        self.outputs: list[Output] = []
        self.held: list[Held] = []
        self.perturbed: list[Perturbation] = []
        self.diagnosis: dict[str, list[Experiment]] = {}

    def run(self) -> Proof:
        """Rerun, compare, explain."""
        room = self.room
        room.clone()
        self.pipeline = repository.read(room.root)
        if not self.pipeline.steps:
            raise Refused("dvc.yaml has no stage to run")
        self.folder = self.place()
        self.committed = Committed(room.project, room.folder / "scratch" / "committed")
        self.claimed = claims.read(room.root)
        data = {data.path: data.recorded or "" for data in self.pipeline.data}
        self.bound = proof.bind(room.project, room.root, self.options.rev, self.dirty, data)
        steps = self.recorded()
        if why := room.bring_submodules():
            self.causes.append(causes.cause("submodule", ".gitmodules", why))
        self.environment = self.make_environment()
        self.network = Network(probe=hold_network(room), method=room.method)
        self.machine = self.look_at_machine()
        self.elsewhere = self.made_elsewhere()
        wrong = causes.of_lock(self.pipeline, room.root) if steps else None
        if wrong:
            self.causes.append(wrong)
        if steps and (not wrong or self.options.diagnose) and self.bring_data():
            # Small ones are in git: they must come out of the stages.
            transfer([out.path for out in self.pipeline.outs()], room.root, self.committed.kept)
            self.context = Context(room, self.pipeline)
            self.runs = rerun(self.context, steps)
            self.outputs = judge(steps, self.runs, room.root, self.committed.content, self.elsewhere)
            self.hold()
            self.causes += self.explain()
            self.advise()
            if self.options.diagnose:
                self.diagnose()
            if self.options.perturb and all(not found.failed for found in self.runs.values()):
                self.perturbed, why_not = perturb(self.context, steps, self.runs)
                self.causes += why_not
            elif self.options.perturb:
                self.advice.append("--perturb: not tried, since a stage failed")
        else:
            self.hold()
        return self.conclude()

    def place(self) -> str:
        """The folder for the evidence: none that a stage or DVC keeps as a whole."""
        theirs = self.pipeline.paths()
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
        done = self.room.run(f'python -c "{code}"', ".", {}, {})
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
            if why := self.room.bring(data, self.committed):
                self.causes.append(causes.cause("source", data.file, why))
                self.reasons.append(why)
                whole = False
        return whole

    def explain(self) -> list[Cause]:
        """The cause of the first thing that went wrong; experiments only where nothing was seen."""
        for found in self.runs.values():
            name = found.step.name
            seen = [causes.cause("edited-dependency", name, ", ".join(found.edited))] if found.edited else []
            if found.undeclared:
                seen.append(causes.cause("undeclared-read", name, "; ".join(found.undeclared[:5])))
            if seen or found.failed:
                return seen or [causes.of_failure(self.context, found)]
            if found.calls and not found.step.source:
                self.advice.append(f"{name} tried to reach {', '.join(found.calls[:3])}")
            if found.online:
                self.advice.append(f"{name} was let reach the network: it fails without, and reads no other stage")
        if wrong := causes.of_hashes(self.pipeline, self.runs):
            return [wrong]
        for found in self.runs.values():
            name = found.step.name
            if self.elsewhere:
                other = [out.path for out in self.outputs if out.stage == name and out.found != out.recorded]
                if other and (wrong := causes.of_elsewhere(self.context, found, other)):
                    return [wrong]
                continue
            differing = [out.path for out in self.outputs if out.stage == name and out.verdict == "FAIL"]
            if differing:
                print(f"looking for the cause in {name}", flush=True)
                made, lines = causes.of_difference(
                    self.context, found, differing, self.committed, self.environment.drifted
                )
                self.outputs = [out.model_copy(update={"differences": lines.get(out.path, [])}) for out in self.outputs]
                return [made]
        if self.causes:
            return []
        changed = list(overwritten(self.room, self.runs).items())[:3]
        return [causes.cause("overwritten", "the pipeline", f"{path}, {whose}") for path, whose in changed]

    def advise(self) -> None:
        """Note code that no stage declares though it imports it, and numbers of the prose that nothing backs."""
        importing: dict[str, list[str]] = {}
        for found in self.runs.values():
            if code := sorted({line.partition(" ")[0] for line in found.code}):
                importing.setdefault(", ".join(code), []).append(found.step.name)
        for listed, names in importing.items():
            self.advice.append(f"imported and no dependency of {', '.join(names)}: {listed}")
        prose = [
            name
            for name in sorted(self.context.known)
            if (name == "README.md" or name.startswith(("docs/", "reports/")))
            and name.endswith((".md", ".html"))
            and name not in repository.PROOF
            and (self.room.root / name).is_file()
        ]
        settings = set[str]().union(*(step.parameters for step in self.pipeline.steps))
        backing = [self.room.root / path for path in sorted(self.made() | settings)]
        self.advice += claims.misquoted(self.room.root, self.claimed)
        self.advice += [
            f"no claim, output or parameter has the number of {line}"
            for line in claims.unbacked(self.room.root, prose, backing, self.claimed)
        ]

    def diagnose(self) -> None:
        """What each stage hangs on, by experiments on all of them."""
        for name, first in self.runs.items():
            if not first.failed and not any(cause.stage == name and cause.experiments for cause in self.causes):
                print(f"diagnosis of {name}", flush=True)
                self.diagnosis[name] = causes.sweep_factors(self.context, first)
                for experiment in self.diagnosis[name]:
                    print(f"  {experiment.what:40} {experiment.result}", flush=True)

    def made(self) -> set[str]:
        """The outputs that came out."""
        return {path for found in self.runs.values() for path, value in found.hashes.items() if value}

    def hold(self) -> None:
        """Hold the claims against what came out."""
        made, known = self.made(), {out.path for out in self.pipeline.outs()}
        for claim in self.claimed:
            value: float | None = None
            state: Any
            state, detail = "broken", f"no stage writes {claim.output}"
            if repository.inside(claim.output, made):
                try:
                    value, detail = claims.found(claim, self.room.root), ""
                    state = "held" if claims.holds(claim, value) else "broken"
                except ValueError as error:
                    detail = str(error)
            elif repository.inside(claim.output, known):
                state, detail = "open", "its stage was not run"
            self.held.append(Held(**claim.model_dump(), found=value, state=state, detail=detail))
            came = detail if value is None else f"came out {value:g}"
            print(f"  claim {claim.id:22} {state:7} claimed {claim.value:g} ± {claim.tolerance:g}, {came}")

    def conclude(self) -> Proof:
        """The verdict, and the proof with all its parts."""
        made = Proof(
            format=1,
            made=datetime.now(UTC).isoformat(timespec="seconds"),
            verdict=proof.judged(self.outputs, self.held, self.causes, self.perturbed, self.reasons),
            headline="",
            judge=proof.judge(self.room.root),
            bound=self.bound,
            machine=self.machine,
            made_elsewhere=self.elsewhere,
            environment=self.environment,
            network=self.network,
            stages=[self.stage(found) for found in self.runs.values()],
            outputs=self.outputs,
            claims=self.held,
            causes=self.causes,
            perturbations=self.perturbed,
            diagnosis=self.diagnosis,
            reasons=self.reasons,
            advice=self.advice,
            seconds=round(time.perf_counter() - self.begun, 1),
        )
        return made.model_copy(update={"headline": page.headline(made, self.apart)})

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
