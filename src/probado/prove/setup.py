"""The clean room of a proof: environment, network, machine."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from probado.contract import BASE_LOCK, VENV
from probado.evidence.machine import this_machine
from probado.evidence.proof import EnvironmentResult, Machine, Proof
from probado.room.clone import Clone
from probado.room.environment import Environment, build_environment, caller_path, reuse_environment
from probado.room.locks import Locked
from probado.room.network import Network, probe_network
from probado.room.packages import drifted
from probado.room.process import Outcome, run_confined
from probado.room.room import Room
from probado.room.sandbox import ALLOWED
from probado.room.variables import room_variables, thread_count

LOOK_AT_BLAS = (
    "import hashlib, importlib.metadata, json, platform\n"
    "try:\n import numpy; from threadpoolctl import threadpool_info as found\n"
    " names = sorted({i.get('architecture') or '' for i in found() if i['user_api'] == 'blas'})\n"
    "except ImportError: names = []\n"
    "found = {f'{d.name}=={d.version}' for d in importlib.metadata.distributions() if d.name != 'probado'}\n"
    "listed = ' '.join([platform.python_version(), *sorted(found)])\n"
    "print(json.dumps([platform.python_version(), ' '.join(names), hashlib.sha256(listed.encode()).hexdigest()]))"
)

# Version of Python, BLAS and a hash of all packages, by folders of programs: loading NumPy takes long, and a process
# may prove many projects.
LOOKED_AT: dict[tuple[str, ...], tuple[str, str, str]] = {}


@dataclass(frozen=True)
class Asked:
    """What a proof is asked for. `limit` is in seconds, for one command of a stage."""

    project: Path
    # The full hash of the commit to prove.
    revision: str
    # Files that are not committed and left out.
    dirty: list[str]
    # Whether to build an environment, where a lock is there.
    build: bool
    perturb: bool
    diagnose: bool
    limit: float
    # The widest tolerance of --calibrate, None without that, and how many reruns it takes.
    widest: float | None = None
    reruns: int = 20
    # Stages to prove, all where it is empty.
    stages: tuple[str, ...] = ()
    # Proofs from which unchanged stages are taken over.
    since: tuple[Proof, ...] = ()


def make_room(asked: Asked, folder: Path, clone: Clone) -> Room:
    """Make the clean room for a clone.

    Raises:
        Refused: the environment could not be built from its lock.
    """
    environment = make_environment(asked, folder, clone)
    untried, threads = Network("none", "not tried"), thread_count(clone.root)
    room = Room(asked.project, folder, clone, environment, untried, threads, asked.limit)
    return replace(room, network=probe_network(environment.python() or sys.executable, room.try_method))


def make_environment(asked: Asked, folder: Path, clone: Clone) -> Environment:
    """Build the environment from the project's lock, or take the one that is there."""
    if not asked.build:
        return reuse_environment(asked.project, clone, "")

    def run(command: Sequence[str], variables: Mapping[str, str]) -> Outcome:
        of_room = room_variables(folder, thread_count(clone.root), caller_path(), network=True)
        return run_confined([ALLOWED], command, clone.root, of_room | dict(variables), folder / "scratch" / "output")

    built = build_environment(Locked(clone.root, asked.project, folder / "env"), clone, run)
    return reuse_environment(asked.project, clone, built) if isinstance(built, str) else built


def look_at_environment(room: Room) -> EnvironmentResult:
    """The environment as evidence, with the packages that are not as this template's locks say.

    If the room built one, this inspects the project's own environment, which may have made the results.
    """
    own = room.project / VENV / "bin" / "python"
    built = room.environment.built
    look = (room.root / BASE_LOCK).is_file() and (not built or own.is_file())
    wrong = drifted(room.root, str(own) if built else "python", room.ask) if look else []
    return EnvironmentResult(made=room.environment.made, seconds=round(room.environment.seconds, 1), drifted=wrong)


def look_at_machine(room: Room) -> Machine:
    """The machine, with the interpreter and the BLAS of the room's environment."""
    python, blas, _ = _look(room)
    return this_machine(room.threads, python, blas)


def packages_of(room: Room) -> str:
    """SHA-256 over the packages of the room's environment; empty where it has no Python."""
    return _look(room)[2]


def _look(room: Room) -> tuple[str, str, str]:
    programs = room.environment.binaries
    if programs not in LOOKED_AT:
        outcome = room.ask(["python", "-c", LOOK_AT_BLAS])
        try:
            LOOKED_AT[programs] = json.loads(outcome.output.splitlines()[-1])
        except (ValueError, IndexError):
            LOOKED_AT[programs] = ("unknown", "", "")
    return LOOKED_AT[programs]
