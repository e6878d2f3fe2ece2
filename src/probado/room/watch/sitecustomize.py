"""Python loads this by its name at the start of every interpreter of the clean room, before anything else.

It notes which files of the room are read and which addresses are called, with the line that does, in the file that
PROOF_WATCH names. For an experiment it substitutes what PROOF_SUBSTITUTE names: a clock that stands still, another
order of folders, one thread, a known source of chance. Standard library alone, any Python from 3.8 on.
"""

import os
import sys

# The project, and the repository that it is in, in the clone.
ROOT, REPOSITORY = (os.environ.get(name, "") for name in ("PROOF_ROOT", "PROOF_REPOSITORY"))
OURS = (
    *(os.path.join(os.path.realpath(path), "") for path in (sys.prefix, sys.base_prefix, os.path.dirname(__file__))),
    *(os.path.join(os.path.realpath(os.environ[name]), "") for name in ("HOME", "TMPDIR") if name in os.environ),
    # Empty as the room began.
    *filter(None, os.environ.get("PROOF_FRESH", "").split(os.pathsep)),
    *("/proc/", "/sys/", "/dev/", "/etc/", "/usr/", "/lib", "/run/", "/bin/", "/sbin/", "/System/"),
)

LIBRARIES = os.path.join("", "site-packages", "")
# It reads the whole configuration for every stage; what a stage takes of it are its parameters, which DVC watches.
HYDRA = os.path.join("", "hydra", "_internal", "")
# What pools call the number of their workers.
COUNTS = ("n_jobs", "processes", "max_workers")
# dvc.api reads the pipeline and its parameters, as DVC itself does.
DVC = os.path.join("", "site-packages", "dvc", "")


def watch(log):
    """Note reads and calls in the log from now on."""
    seen = set()
    writes = os.O_WRONLY | os.O_RDWR

    def note(**what):
        frame = sys._getframe()
        while frame and not frame.f_code.co_filename.startswith(ROOT):
            if HYDRA in frame.f_code.co_filename or DVC in frame.f_code.co_filename:
                return
            frame = frame.f_back
        if not frame and what.get("there") is False and os.path.isabs(what["read"]):
            return  # Libraries look for their settings in many places.
        if frame:
            what["by"] = os.path.relpath(frame.f_code.co_filename, ROOT) + ":" + str(frame.f_lineno)
        # Not as JSON, because this module would take longer to import than an interpreter to start.
        os.write(log, (ascii(what) + "\n").encode())

    def hook(event, arguments):
        if event in ("open", "sqlite3.connect"):
            path, _, flags = arguments if event == "open" else (arguments[0], None, 0)
            if not isinstance(path, (str, bytes)) or (flags or 0) & writes or path in seen:
                return
            seen.add(path)
            path = os.path.abspath(os.fsdecode(path))
            if path.startswith(ROOT):
                note(read=os.path.relpath(path, ROOT), there=os.path.exists(path))
                return
            known = os.path.realpath(path).startswith(OURS) or LIBRARIES in path
            if (path.startswith(REPOSITORY) or not known) and not os.path.isdir(path):
                note(read=path, there=os.path.isfile(path))
        elif event == "subprocess.Popen":
            executable, arguments, _, environment = arguments
            name = os.fsdecode(executable or arguments[0])
            import shutil

            if not shutil.which(name, path=(environment or os.environ).get("PATH")):
                note(missing=name)
        elif event == "socket.connect" and isinstance(arguments[1], tuple):
            host = str(arguments[1][0])
            if not host.startswith("127.") and host not in ("::1", "localhost"):
                note(call=host)
        elif event == "socket.getaddrinfo":
            host = str(arguments[0])
            if not host.startswith("127.") and host not in ("::1", "localhost", "None"):
                note(call=host)

    sys.addaudithook(hook)
    note_what_was_missing(note)


def note_what_was_missing(note):
    """Note a module or file whose absence ends a program."""
    show = sys.excepthook

    def show_and_note(kind, error, trace):
        # A library may say it in words of its own: "Missing optional dependency".
        cause = error
        while isinstance(cause, ImportError) and not isinstance(cause, ModuleNotFoundError):
            cause = cause.__cause__ or cause.__context__
        if isinstance(cause, ModuleNotFoundError) and cause.name:
            note(missing=cause.name)
        if isinstance(error, FileNotFoundError) and error.filename:
            note(absent=os.path.abspath(os.fsdecode(error.filename)))
        show(kind, error, trace)

    sys.excepthook = show_and_note


def still_clock(now):
    """Let the clock stand at so many seconds since 1970, for what asks Python for it."""
    import ctypes
    import datetime
    import gc
    import time

    gmtime, localtime, strftime, asctime = time.gmtime, time.localtime, time.strftime, time.asctime
    time.time = lambda: float(now)
    time.time_ns = lambda: now * 10**9
    time.gmtime = lambda seconds=None: gmtime(now if seconds is None else seconds)
    time.localtime = lambda seconds=None: localtime(now if seconds is None else seconds)
    time.strftime = lambda form, at=None: strftime(form, localtime(now) if at is None else at)
    time.asctime = lambda at=None: asctime(localtime(now) if at is None else at)
    time.ctime = lambda seconds=None: asctime(localtime(now if seconds is None else seconds))

    def put(kind, name, function):
        # In place, because libraries compare types with the real ones: a subclass would not do.
        gc.get_referents(vars(kind))[0][name] = classmethod(function)
        ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))

    counters(None)
    utc = datetime.timezone.utc  # noqa: UP017 - datetime.UTC is of Python 3.11
    put(datetime.datetime, "now", lambda cls, tz=None: cls.fromtimestamp(now, tz))
    put(datetime.datetime, "utcnow", lambda cls: cls.fromtimestamp(now, utc).replace(tzinfo=None))
    put(datetime.date, "today", lambda cls: cls.fromtimestamp(now))


def counters(_):
    """Let clocks that measure how long something takes count how often they are asked, for loops to end."""
    import itertools
    import time

    steps = itertools.count(1)
    for name in ("perf_counter", "process_time", "thread_time"):
        setattr(time, name, lambda: next(steps) / 10**6)
        setattr(time, f"{name}_ns", lambda: next(steps) * 1000)
    real = time.monotonic

    def monotonic():
        # Python's own waiting needs one that goes on.
        asked_by_project = sys._getframe(1).f_code.co_filename.startswith(ROOT)
        return next(steps) / 10**6 if asked_by_project else real()

    time.monotonic = monotonic


def waits(_):
    """Let time.sleep work under libfaketime, which refuses the system call that Python 3.11 and newer uses for it."""
    import select
    import time

    time.sleep = lambda seconds: select.select((), (), (), seconds) and None


def reversed_folders(_):
    """List every folder backwards, whatever order the file system has."""
    listdir, scandir = os.listdir, os.scandir

    import contextlib

    class Entries(contextlib.ExitStack):
        def __init__(self, found):
            super().__init__()
            self.found = iter(found)

        def __iter__(self):
            return self

        def __next__(self):
            return next(self.found)

    def scan(path="."):
        with scandir(path) as entries:
            return Entries(sorted(entries, key=lambda entry: entry.name, reverse=True))

    os.listdir = lambda path=".": sorted(listdir(path), reverse=True)
    os.scandir = scan


def changes_to_pools():
    """What to do to modules that start workers, by name, once they are imported."""

    def one_worker(name):
        def change(module):
            made = getattr(module, name).__init__
            getattr(module, name).__init__ = lambda self, workers=1, *more, **named: made(
                self, 1, *more, **{key: value for key, value in named.items() if key not in COUNTS}
            )

        return change

    def in_order(module):
        def as_completed(futures, timeout=None):
            for future in list(futures):
                if module.wait([future], timeout).not_done:
                    raise module.TimeoutError
                yield future

        module.as_completed = as_completed

    def one_in_duckdb(module):
        # It counts processors by itself. Grouped sums of floating-point numbers depend on its threads.
        connect = module.connect

        def connect_one(*given, **named):
            connection = connect(*given, **named)
            connection.execute("set threads = 1")
            return connection

        module.connect = connect_one
        module.execute("set threads = 1")

    return {
        "duckdb": one_in_duckdb,
        "joblib.parallel": one_worker("Parallel"),
        "multiprocessing.pool": one_worker("Pool"),
        "concurrent.futures.thread": one_worker("ThreadPoolExecutor"),
        "concurrent.futures.process": one_worker("ProcessPoolExecutor"),
        "concurrent.futures._base": in_order,
    }


def one_thread(_):
    """Let a program that asks see one processor, and pools start one worker whatever they are told."""
    os.cpu_count = lambda: 1
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])

    changes = changes_to_pools()

    class AfterImport:
        def find_spec(self, name, path, target=None):
            change = changes.pop(name, None)
            if not change:
                return None
            import importlib.util

            spec = importlib.util.find_spec(name)
            if not spec:
                return None
            execute = spec.loader.exec_module

            def changed(module):
                execute(module)
                change(module)

            spec.loader.exec_module = changed
            return spec

    sys.meta_path.insert(0, AfterImport())


def known_chance(seed):
    """Give the same bytes whenever the system is asked for random ones."""
    import hashlib

    state = [hashlib.sha256(str(seed).encode()).digest()]

    def urandom(size):
        found = b""
        while len(found) < size:
            state[0] = hashlib.sha256(state[0]).digest()
            found += state[0]
        return found[:size]

    os.urandom = urandom
    import random
    import uuid

    real, count = random.Random.seed, [seed]

    def known_seed(self, a=None, version=2):
        # A generator without a seed asks the system in C.
        count[0] += a is None
        real(self, count[0] if a is None else a, version)

    random.Random.seed = known_seed
    random.seed(seed)
    uuid._generate_time_safe = uuid._UuidCreate = None
    uuid.getnode = lambda: 1


SUBSTITUTES = {
    "clock": still_clock,
    "waits": waits,
    "counters": counters,
    "folders": reversed_folders,
    "threads": one_thread,
    "chance": known_chance,
}

if __name__ == "sitecustomize":
    if os.environ.get("PROOF_SUBSTITUTE"):
        import json

        for name, value in json.loads(os.environ["PROOF_SUBSTITUTE"]).items():
            SUBSTITUTES[name](value)
    if os.environ.get("PROOF_WATCH"):
        watch(os.open(os.environ["PROOF_WATCH"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600))
