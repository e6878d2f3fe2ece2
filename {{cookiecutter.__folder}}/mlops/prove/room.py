"""The clean room: a clone in a fresh folder, an empty home, an environment from the locks, and nothing else."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlops import environment, tracking
from mlops.prove.repository import Committed, Data, Refused, content_hash, git, inside
from mlops.stage import FIXED, THREAD_VARIABLES

HERE = Path(__file__).parent
PREFIX = "proof-"
# What the room takes over from outside, where it is set: certificates, proxies, where packages come from, and the one
# raw file that a person may name. Values are handed on and never kept.
ALLOWED = (
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    *(name + "_proxy" for name in ("http", "https", "all", "no")),
    *(name + "_PROXY" for name in ("HTTP", "HTTPS", "ALL", "NO")),
    "UV_CACHE_DIR",
    "UV_FIND_LINKS",
    "UV_DEFAULT_INDEX",
    "UV_OFFLINE",
    "DATA_FILE",
)
# Nobody is told that a stage ran.
QUIET = {"DVC_NO_ANALYTICS": "1", "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1"}
TAIL = 4000


@dataclass
class Outcome:
    """How a command of the room ended."""

    status: int
    seconds: float
    output: str
    late: bool = False
    notes: list[dict[str, Any]] = field(default_factory=list)


class Room:
    """A folder with a clone (`root`), a home, an environment and scratch space; all of it goes when the proof ends."""

    def __init__(self, project: Path, revision: str, limit: float) -> None:
        self.project, self.limit = project, limit
        sweep()
        # Of the file system itself: what the clone's own path looks like is a part of the proof.
        new = Path(tempfile.mkdtemp(prefix="." + PREFIX)).resolve()
        self.held = open(new / "held", "w")  # noqa: SIM115 - held open as long as the room is used
        fcntl.flock(self.held, fcntl.LOCK_EX)
        # It gets its name when it is held: another proof removes those that are not.
        self.folder = new.rename(new.with_name(new.name.removeprefix(".")))
        self.place, self.revision = self.folder / "clone", revision
        # The project may be a folder of a larger repository.
        self.prefix = git(project, "rev-parse", "--show-prefix").strip()
        self.whole = Path(git(project, "rev-parse", "--show-toplevel").strip()).resolve()
        self.binaries: list[str] = []
        # Folders of the original that a reused environment imports from (pip install --editable): those of the clone
        # stand for them.
        self.editable: list[Path] = []
        # How the network is held off.
        self.method = "none"
        for name in ("home", "tmp", "scratch"):
            (self.folder / name).mkdir()
        # A copy: bytecode of it must not lie where the judge comes from.
        shutil.copytree(HERE / "watch", self.folder / "watch")

    def __enter__(self) -> Room:
        return self

    def __exit__(self, *_: object) -> None:
        remove(self.folder)
        self.held.close()

    @property
    def root(self) -> Path:
        """The project in the clone."""
        return self.place / self.prefix

    def move(self, name: str) -> None:
        """Let the clone lie in another folder of the room."""
        target = self.folder / name
        # MLflow knows its folders by their whole paths, and makes those of the former place again.
        remove(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        self.place.rename(target)
        self.place = target

    def clone(self) -> None:
        """Make the clone: what is committed, sharing no file with the original.

        Raises:
            Refused: git could not make it.
        """
        try:
            git(self.folder, "clone", "--quiet", "--no-hardlinks", "--no-checkout", str(self.whole), str(self.place))
            git(self.place, "checkout", "--quiet", "--detach", self.revision)
        except subprocess.CalledProcessError as error:
            raise Refused(f"the clone could not be made: {last_line(error.stderr.decode())}") from error

    def bring_submodules(self) -> str | None:
        """Bring the submodules that the commit names; returns why they could not be had."""
        if not (self.place / ".gitmodules").is_file():
            return None
        try:
            git(self.place, "submodule", "--quiet", "update", "--init", "--recursive")
        except subprocess.CalledProcessError as error:
            return f"a submodule could not be had: {last_line(error.stderr.decode())}"
        return None

    def refresh(self, kept: set[str]) -> None:
        """Remove what earlier runs left in home, temporary folder and clone; of the clone these paths are kept."""
        for name in ("home", "tmp"):
            remove(self.folder / name)
            (self.folder / name).mkdir()
        for name in git(self.root, "ls-files", "-z", "--others").split("\0")[:-1]:
            if not inside(name, kept) and "__pycache__" not in Path(name).parts:
                (self.root / name).unlink(missing_ok=True)

    def reuse_environment(self) -> None:
        """Take the programs as they are found now: the project's .venv first, then the caller's."""
        own = self.project / ".venv" / "bin"
        self.binaries = [*([str(own)] if own.is_dir() else []), os.environ.get("PATH", os.defpath)]
        if python := self.python():
            code = "import sys; print(*(path for path in sys.path if not path.startswith(sys.prefix)), sep='\\n')"
            listed = subprocess.run([python, "-c", code], cwd=self.folder, capture_output=True, text=True, env={})
            paths = [Path(line) for line in listed.stdout.splitlines()]
            self.editable = [path.relative_to(self.whole) for path in paths if path.is_relative_to(self.whole)]

    def python(self) -> str | None:
        """The Python of the environment, None where it has none."""
        return shutil.which("python", path=os.pathsep.join(self.binaries))

    def build_environment(self, deep: str | None) -> float:
        """Build the environment from the clone's hashed locks; returns the seconds that it took.

        Raises:
            Refused: a package could not be had.
        """
        begun = time.perf_counter()
        command = [sys.executable, "-B", "-P", "-m", "mlops", "env", *(["--deep", deep] if deep else [])]
        told = {name: value for name, value in environment.pip_settings().items() if name in environment.FROM_PIP}
        variables: dict[str, str] = {
            **self.variables(True),
            **{environment.pip_variable(name): " ".join(value.split()) for name, value in told.items()},
            "PATH": os.environ.get("PATH", os.defpath),
            "PIP_CONFIG_FILE": os.devnull,
            "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR") or str(Path.home() / ".cache" / "uv"),
            "UV_PROJECT_ENVIRONMENT": str(self.folder / "env"),
            # Few of all the modules are imported before it is thrown away: each is compiled as it is needed.
            "UV_COMPILE_BYTECODE": "0",
            "PYTHONPATH": str(HERE.parents[1]),
        }
        done = self.confined("allowed", command, self.root, variables, None)
        if done.status != 0:
            raise Refused(f"the environment could not be built: {last_line(done.output)}")
        system = [name for name in os.environ.get("PATH", os.defpath).split(os.pathsep) if not in_virtual(name)]
        self.binaries = [str(self.folder / "env" / "bin"), *system]
        return time.perf_counter() - begun

    def bring(self, data: Data, committed: Committed) -> str | None:
        """Bring raw data that DVC keeps: from the project, its cache or its remotes.

        Returns:
            Why it could not be had; None where it is there.
        """
        target = self.root / data.path
        if there := committed.content(data):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(there, target) if there.is_dir() else shutil.copy(there, target)
            return None
        settings = self.name_remotes()
        pull = [sys.executable, "-P", "-m", "dvc", "pull", "--quiet", data.file]
        try:
            done = subprocess.run(
                pull, cwd=self.root, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=self.limit
            )
        except subprocess.TimeoutExpired:
            return f"{data.path} could not be had: dvc pull did not end in {self.limit / 60:g} minutes"
        finally:
            # They may hold a password.
            settings.unlink(missing_ok=True)
        if done.returncode == 0 and content_hash(self.root, data.path, data.algorithm) == data.recorded:
            return None
        here_too = (self.project / data.path).exists()
        changed = " (the file in the project was changed since it was added)" if here_too else ""
        return f"{data.path} could not be had{changed}: {last_line(done.stderr) or 'no remote has it'}"

    def name_remotes(self) -> Path:
        """Let the clone know the project's remotes, relative and uncommitted ones too; returns where it is written."""
        from dvc.exceptions import DvcException
        from dvc.repo import Repo

        with (
            contextlib.suppress(DvcException),
            Repo(str(self.project)) as project,
            Repo(str(self.root)) as clone,
            clone.config.edit("local") as settings,
        ):
            settings["remote"] = project.config["remote"]
            settings["core"] = {name: value for name, value in project.config["core"].items() if name == "remote"}
        return self.root / ".dvc" / "config.local"

    def variables(self, network: bool) -> dict[str, str]:
        """The whole environment of a command in the room."""
        threads = str(configured_threads(self.root) or os.cpu_count() or 1)
        found = {
            **FIXED,
            **dict.fromkeys(THREAD_VARIABLES, threads),
            **QUIET,
            "PATH": os.pathsep.join(self.binaries),
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder / "tmp"),
            "DVC_SITE_CACHE_DIR": str(self.folder / "tmp" / "dvc"),
        }
        if network:
            found |= {name: os.environ[name] for name in ALLOWED if name in os.environ}
        return found

    def run(
        self, command: str, folder: str, given: dict[str, str], substitute: dict[str, Any], online: bool = False
    ) -> Outcome:
        """Run one line of a stage in the room, watched, the network held off unless it is to be online."""
        # Online or not, the original is out of its reach.
        method = ("mounts" if self.method == "namespace" else "allowed") if online else self.method
        log = self.folder / "scratch" / "watched"
        log.unlink(missing_ok=True)
        variables = {
            **self.variables(online),
            "PYTHONPATH": os.pathsep.join(
                map(str, [self.folder / "watch", *(self.place / path for path in self.editable)])
            ),
            "PROOF_ROOT": str(self.root) + os.sep,
            "PROOF_WATCH": str(log),
            **given,
        }
        if substitute:
            variables["PROOF_SUBSTITUTE"] = json.dumps(substitute)
        shell = "/bin/bash" if Path("/bin/bash").exists() else "/bin/sh"
        done = self.confined(method, [shell, "-c", command], self.root / folder, variables, self.limit)
        if log.is_file():
            done.notes = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        return done

    def confined(
        self, method: str, command: list[str], folder: Path, variables: dict[str, str], limit: float | None
    ) -> Outcome:
        """Run a command through confine.py and wait for it."""
        written = self.folder / "scratch" / "output"
        hidden = [str(self.whole), *self.seen_in_original()] if method in ("namespace", "mounts") else []
        launcher = [sys.executable, "-I", "-S", str(HERE / "confine.py"), method, *hidden, "--", *command]
        begun = time.perf_counter()
        late = False
        with open(written, "wb") as output:
            process = subprocess.Popen(
                launcher, cwd=folder, env=variables, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
            try:
                status = process.wait(limit)
            except subprocess.TimeoutExpired:
                late = True
                process.terminate()
                status = process.wait()
            except BaseException:
                process.terminate()
                process.wait()
                raise
        text = redacted(written.read_bytes()[-TAIL:].decode("utf-8", "replace"))
        return Outcome(status, round(time.perf_counter() - begun, 3), text, late)

    def seen_in_original(self) -> list[str]:
        """What a stage may see of the original repository: an environment there, this room where it lies there."""
        programs = os.pathsep.join(self.binaries).split(os.pathsep)
        of_conda = (name for name in programs if (Path(name).parent / "conda-meta").exists())
        wanted = {self.folder, *(Path(name).parent for name in [*filter(in_virtual, programs), *of_conda])}
        return sorted(str(path) for path in wanted if path.is_relative_to(self.whole) and path != self.whole)


def redacted(text: str) -> str:
    """A text without what the caller's variables may hold that is nobody's business: the evidence is made public."""
    for name in ALLOWED:
        value = os.environ.get(name, "")
        for part in (value, value.partition("://")[2]):
            # An address or a path; of a plain "true" there are many.
            if re.search(r"[/:@.]", part):
                text = text.replace(part, f"${name}")
    return re.sub(r"(?<=://)[^/@\s\"']+@", "", text)


def configured_threads(root: Path) -> str | None:
    """The number of threads in the project's configuration, None where it has none."""
    config = root / tracking.CONFIG
    if not config.is_file():
        return None
    found = re.search(r"(?m)^threads\s*:\s*(\d+)", config.read_text(encoding="utf-8"))
    return found[1] if found else None


def in_virtual(folder: str) -> bool:
    """Whether a folder of programs belongs to a virtual environment."""
    return Path(folder).parent.joinpath("pyvenv.cfg").is_file()


def hold_network(room: Room) -> str:
    """Find how the network can be held off, by trying it on a listener of this machine; returns what came of it."""
    code = (
        "import socket, sys\ntry: socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5)\n"
        "except OSError as error: print(error); sys.exit(3)"
    )
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = str(listener.getsockname()[1])
        # By the room's Python: the judge's may lie in what the stages do not see.
        probe = [room.python() or sys.executable, "-I", "-S", "-c", code, port]
        for method in ("namespace", "seccomp"):
            done = room.confined(method, probe, room.folder, {}, 30)
            if done.status == 3:
                room.method = method
                return f"refused: {last_line(done.output)}"
    return "a connection from the room went through"


def sweep() -> None:
    """Remove the rooms of proofs that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if folder.is_symlink() or folder.lstat().st_uid != os.getuid():
            continue
        with contextlib.suppress(OSError), open(folder / "held", "r+") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove(folder)


def remove(path: Path) -> None:
    """Remove a file or folder if it is there, whatever the rights of what lies in it."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    shutil.rmtree(path, ignore_errors=True)
    if path.is_dir():
        path.chmod(0o700)
        for folder, names, _ in os.walk(path):
            for inner in (Path(folder, name) for name in names):
                if not inner.is_symlink():
                    inner.chmod(0o700)
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the proof as Ctrl-C does, so that the room is removed."""

    def stop(number: int, _: object) -> None:
        raise KeyboardInterrupt(signal.strsignal(number))

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def last_line(text: str) -> str:
    """What a program ended with: its last line, or that of the stage runner, which others may follow."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if line.startswith("stage ")]
    return (told or lines or [""])[-1]
