"""The warm interpreter: load the libraries once, and run each stage in a fork."""

import gc
import importlib
import json
import os
import random
import socket
import sys
from typing import Any

# By their names: they are in the environment of the projects, not in that of the template.
LIBRARIES = """
dvc.repo hydra matplotlib.pyplot mlflow.store.tracking.sqlalchemy_store pandas pandera.pandas pyarrow.csv
pyarrow.parquet pydantic sklearn.datasets sklearn.ensemble sklearn.metrics sklearn.model_selection torch xgboost
""".split()
for library in LIBRARIES:
    importlib.import_module(library)
numpy: Any = importlib.import_module("numpy")
torch: Any = importlib.import_module("torch")
stage: Any = importlib.import_module("mlops.stage")


def run(arguments: list[str], folder: str, variables: dict[str, str]) -> int:
    """Run `-c CODE` or a stage in a folder; returns the exit status."""
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(folder)
    sys.path[0] = folder
    # Forks share these states, so that code without a seed would give the same twice.
    random.seed()
    numpy.random.seed()
    torch.seed()
    if arguments[0] == "-c":
        exec(arguments[1], {"__name__": "__main__"})
        return 0
    return run_stage(*arguments[2:])


def run_stage(module: str, *overrides: str) -> int:
    """Run a stage as the runner's second process does, after the preparations of its first process."""
    record = stage.project.runs() / f"warm-{module.rpartition('.')[2]}-{os.getpid()}"
    try:
        os.environ.update(stage.fixed_environment(stage.threads(list(overrides)), module, record))
        del os.environ["MLOPS_STAGE"]
        record.mkdir(parents=True)
        status: int = stage.run(module, list(overrides))
    except Exception as error:  # noqa: BLE001 - as the runner does
        return int(stage.complain(module, error))
    if status != 0:
        stage.put_back(record)
    return status


def serve(listening: socket.socket) -> None:
    """Run what is asked for, one stage after the other."""
    while True:
        connection, _ = listening.accept()
        with connection:
            _, streams, *_ = socket.recv_fds(connection, 1, 2)
            request: dict[str, Any] = json.loads(connection.makefile().readline())
            child = os.fork()
            if child == 0:
                listening.close()
                for number, stream in enumerate(streams, 1):
                    os.dup2(stream, number)
                status = run(**request)
                # As the runner does: otherwise Python goes through all objects at exit.
                gc.freeze()
                # Not os._exit: libraries must stop their own processes, which hold the streams open.
                sys.exit(status)
            for stream in streams:
                os.close(stream)
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            connection.sendall(f"{status}\n".encode())


if __name__ == "__main__":
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(sys.argv[1])
        listening.listen()
        print("ready", flush=True)
        serve(listening)
