"""make serve beside `mlflow models serve`: the same model, machine and client."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.bench import HERE, SCRATCH, Figure, Group, environment, project, timed

FOLDER = SCRATCH / "serving"
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


@contextmanager
def running(command: list[str], folder: Path, port: int) -> Iterator[int]:
    """A server on a port, from when it listens; yields the port."""
    with (FOLDER / "server.log").open("w") as log:
        server = subprocess.Popen(
            command, cwd=folder, env=environment(**THREADS), stdout=log, stderr=log, start_new_session=True
        )
        try:
            for _ in range(600):
                with socket.socket() as tried:
                    if tried.connect_ex(("127.0.0.1", port)) == 0:
                        break
                if server.poll() is not None:
                    raise SystemExit(f"{command}: {(FOLDER / 'server.log').read_text()}")
                time.sleep(0.1)
            yield port
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(60)


def free() -> int:
    """A port that is free."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def measured(port: int, path: str, row: Path, requests: int) -> dict[str, float]:
    """What the client measures, after a few requests that warm the server up."""
    for count in (80, requests):
        command = ["python", str(HERE / "client.py"), str(port), path, str(row), str(count)]
        done = subprocess.run(command, env=environment(), capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"benchmarks: {command} failed\n{done.stderr}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def serving(quick: bool) -> Group:
    """Requests of one row at eight clients, the two servers in turns."""
    requests, times = (160, 1) if quick else (4000, 5)
    folder = project()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    timed(["make", "env", "WITH=life"], folder, environment())
    timed(["make", "train"], folder, environment())
    timed(["python", "-P", HERE / "as_mlflow.py", FOLDER], folder, environment(PYTHONPATH=str(folder)))
    group = Group("Predictions over HTTP")
    sides: dict[str, list[dict[str, float]]] = {"make serve": [], "mlflow models serve": []}
    for number in range(times):
        with running(["make", "serve", f"PORT={(port := free())}"], folder, port):
            sides["make serve"].append(measured(port, "/predict", FOLDER / "row.json", requests))
        command = ["mlflow", "models", "serve", "-m", str(FOLDER / "model"), "--env-manager", "local", "-w", "1"]
        with running([*command, "-p", str(port := free())], FOLDER, port):
            found = measured(port, "/invocations", FOLDER / "mlflow_row.json", requests)
            sides["mlflow models serve"].append(found)
        print(f"  {number + 1}/{times} {', '.join(f'{name} {runs[-1]}' for name, runs in sides.items())}", flush=True)
    for what, key, unit, goal in (
        (f"{requests} requests of a row by eight clients (twice as many a second: 0.5)", "seconds", "s", 0.5),
        ("the slowest 1 % of them", "p99", "ms", 0.6),
    ):
        runs = {name: [round(run[key], 3) for run in each] for name, each in sides.items()}
        group.figures.append(Figure(f"make serve against mlflow models serve: {what}", runs, unit, goal))
    return group
