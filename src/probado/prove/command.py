"""probado prove: from a project's path to a verdict with its evidence."""

from __future__ import annotations

import argparse
import contextlib
import errno
import getpass
import math
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from probado.errors import Refused
from probado.evidence import page
from probado.evidence.binding import proof_path
from probado.evidence.proof import STATUS, read_proof
from probado.evidence.signature import check_signature, sign, signature_of, signing_key
from probado.prove.check import NOT_CHECKED, check
from probado.prove.setup import Asked
from probado.prove.steps import prove
from probado.repository.git import commit_of, merge_marks, uncommitted
from probado.room.folder import room_folder
from probado.room.variables import NO_TELEMETRY

CANNOT_JUDGE, OWN_MISTAKE, INTERRUPTED = 2, 4, 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("project", nargs="?", default=".", help="any project with git and DVC (default: here)")
    parser.add_argument("--rev", default="HEAD", help="the commit to prove (default: HEAD)")
    parser.add_argument("--allow-dirty", action="store_true", help="ignore uncommitted changes; the proof says so")
    parser.add_argument(
        "--env", choices=("build", "reuse"), default="build", help="reuse the present one; the proof says so"
    )
    parser.add_argument("--perturb", action="store_true", help="once more in another place, once with other threads")
    parser.add_argument("--diagnose", action="store_true", help="report what each stage depends on")
    parser.add_argument(
        "--calibrate",
        type=part,
        metavar="WIDEST",
        help="measure tolerances from reruns, none wider than this part of a column's largest value (such as 1e-3)",
    )
    parser.add_argument("--reruns", type=count, default=20, metavar="N", help="of --calibrate (default: 20)")
    parser.add_argument("--limit", type=minutes, default=360, metavar="MINUTES", help="for one stage (default: 360)")
    parser.add_argument("--stage", action="append", default=[], metavar="NAME", help="this stage alone (needs --out)")
    parser.add_argument(
        "--since", nargs="+", default=[], metavar="PROOF", help="take over stages that these proofs cover, but for one"
    )
    parser.add_argument("--out", metavar="FILE", help="write proof.json there, and nothing into the project")
    parser.add_argument("--sign", action="store_true", help="sign the proof with the SSH key of your commits")
    parser.add_argument("--check", action="store_true", help="say whether the proof belongs to the present commit")
    parser.add_argument("--against", nargs="+", metavar="PROOF", help="compare with proofs made elsewhere")


def part(text: str) -> float:
    """The widest tolerance from the command line.

    Raises:
        ArgumentTypeError: it is no number between 0 and 1.
    """
    try:
        widest = float(text)
    except ValueError:
        widest = 0
    if not 0 < widest <= 1:
        raise argparse.ArgumentTypeError(f"expected a number above 0 and at most 1, found {text!r}")
    return widest


def count(text: str) -> int:
    """A number of reruns from the command line.

    Raises:
        ArgumentTypeError: it is no whole number of at least 3, one of each kind.
    """
    if not text.isdecimal() or int(text) < 3:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 3, found {text!r}")
    return int(text)


def minutes(text: str) -> float:
    """A time limit from the command line.

    Raises:
        ArgumentTypeError: it is no number above 0.
    """
    try:
        limit = float(text)
    except ValueError:
        limit = 0
    if not 0 < limit < math.inf:
        raise argparse.ArgumentTypeError(f"expected minutes, a number above 0, found {text!r}")
    return limit


def run(options: argparse.Namespace) -> int:
    """Run the command.

    Returns:
        0 proven, 1 not proven, 3 undecided, 2 there is nothing to judge, 4 a mistake of the judge, 130 interrupted.
    """
    given = Path(options.project).resolve()
    # As DVC does: a folder of a project stands for the project.
    project = next((folder for folder in (given, *given.parents) if (folder / ".dvc").is_dir()), given)
    try:
        with _process_settings():
            return _run(project, options)
    except Refused as error:
        return _say(str(error), CANNOT_JUDGE)
    except KeyboardInterrupt:
        return _say("interrupted; the project is as it was", INTERRUPTED)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        elsewhere = "; TMPDIR names another place for the clean room" if error.errno == errno.ENOSPC else ""
        return _say(f"{error.strerror}{where}{elsewhere}", CANNOT_JUDGE)
    except Exception:  # noqa: BLE001 - its status must not be that of a verdict
        traceback.print_exc()
        return _say("stopped by a mistake of its own; the project is as it was", OWN_MISTAKE)


def _say(reason: str, status: int) -> int:
    print(f"prove: {reason}", file=sys.stderr)
    return status


def _run(project: Path, options: argparse.Namespace) -> int:
    # A branch of this name may be another one in the clone: from here on it is one commit.
    revision = commit_of(project, options.rev)
    if options.check:
        return _check(project, revision)
    if options.against:
        return _compare_with(project, options.against)
    if options.stage and not options.out:
        raise Refused("--stage proves a part of the project, which is no proof of it: --out FILE says where it goes")
    if options.out and (Path(options.out).is_dir() or not Path(options.out).absolute().parent.is_dir()):
        raise Refused(f"--out {options.out}: a file in a folder that is there was expected")
    if options.sign:
        signing_key(project)  # asked before hours of work
    if marks := merge_marks(project):
        file = marks.rpartition(":")[0]
        raise Refused(
            f"{marks}: a merge left its marks: git checkout --ours {file} (or --theirs), then dvc repro and commit; "
            "the merge driver that make env registers does this by itself"
        )
    dirty = uncommitted(project)
    if dirty and not options.allow_dirty:
        files = "1 file is" if len(dirty) == 1 else f"{len(dirty)} files are"
        raise Refused(
            f"{files} not committed ({', '.join(dirty[:3])}{', …' if len(dirty) > 3 else ''}): "
            "commit what belongs to the project, or --allow-dirty proves the commit without it"
        )
    asked = Asked(
        project=project,
        revision=revision,
        dirty=dirty,
        build=options.env == "build",
        perturb=options.perturb,
        diagnose=options.diagnose,
        limit=60 * options.limit,
        widest=options.calibrate,
        reruns=options.reruns,
        stages=tuple(options.stage),
        since=tuple(read_proof(Path(name)) for name in options.since),
    )
    with _room() as folder:
        proof, place = prove(asked, folder)
    written = Path(options.out) if options.out else project / place / "proof.json"
    signature_of(written).unlink(missing_ok=True)
    if options.out:
        page.write_file(written, page.as_json(proof))
    else:
        page.write(proof, project / place)
    if options.sign:
        sign(written, project)
    print(f"{page.render('proof.txt', proof)}see {options.out or project / place / 'proof.html'}")
    return STATUS[proof.verdict]


def _check(project: Path, revision: str) -> int:
    """Say whether the project's proof belongs to its present commit."""
    proof = read_proof(proof_path(project))
    with _room() as folder:
        reasons = check(proof, project, revision, folder)
    holds, signed = check_signature(proof_path(project), project)
    reasons += [] if holds else [signed]
    for reason in reasons:
        _say(reason, 1)
    which = "not a proof of the present one" if reasons else "the present one"
    print(f"{proof.verdict}, of commit {proof.bound.commit[:12]}: {which}\n{signed}\nnot checked: {NOT_CHECKED}")
    return 1 if reasons else STATUS[proof.verdict]


def _compare_with(project: Path, others: list[str]) -> int:
    """Compare the project's proof with proofs made elsewhere."""
    lines, agree = page.side_by_side([read_proof(proof_path(project)), *(read_proof(Path(name)) for name in others)])
    print("\n".join(lines))
    return 0 if agree else 1


@contextlib.contextmanager
def _room() -> Iterator[Path]:
    """A folder for a clean room. DVC keeps its site cache in it, so that it is removed with it."""
    with room_folder() as folder:
        os.environ["DVC_SITE_CACHE_DIR"] = str(folder / "scratch" / "dvc")
        # A container may start it as a user without a name and home, which DVC asks for.
        if _fails(Path.home):
            os.environ["HOME"] = str(folder / "home")
        if _fails(getpass.getuser):
            os.environ["LOGNAME"] = str(os.getuid())
        yield folder


def _fails(question: Callable[[], object]) -> bool:
    try:
        question()
    except (RuntimeError, KeyError, OSError):
        return True
    return False


@contextlib.contextmanager
def _process_settings() -> Iterator[None]:
    """Settings of this process while it proves; what was there comes back in the end.

    SIGTERM and SIGHUP end a proof as Ctrl-C does, so that the room is removed.
    """

    def stop(number: int, _: object) -> None:
        raise KeyboardInterrupt(signal.strsignal(number))

    variables = dict(os.environ)
    # Signals reach the main thread alone; nohup lets SIGHUP be ignored.
    watched = (signal.SIGTERM, signal.SIGHUP) if threading.current_thread() is threading.main_thread() else ()
    handlers = {
        number: signal.signal(number, stop) for number in watched if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        # git sets them for its hooks: they would lead from the clone back to the project.
        for name in [name for name in os.environ if name.startswith("GIT_") and not name.startswith("GIT_SS")]:
            del os.environ[name]
        os.environ.update(NO_TELEMETRY)
        yield
    finally:
        os.environ.clear()
        os.environ.update(variables)
        for number, handler in handlers.items():
            signal.signal(number, handler)
