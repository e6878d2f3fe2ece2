"""What an experiment changes for every interpreter of the clean room.

A clock that stands still, another order of folders, one thread, a known source of chance. Standard library alone, any
Python from 3.8 on.
"""

import json
import os
import sys

# What pools call the number of their workers.
COUNTS = ("n_jobs", "processes", "max_workers")


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
        asked_by_project = sys._getframe(1).f_code.co_filename.startswith(os.environ["PROOF_ROOT"])
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


def substitute(asked):
    """Change what is asked for, as JSON of names and values."""
    for name, value in json.loads(asked).items():
        SUBSTITUTES[name](value)
