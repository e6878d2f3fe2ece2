"""The MLflow store: its tables and its experiment are made once, however many runs start together.

A run for which the project's store cannot be used gets a store in its own folder. `python -m mlops record` brings it
over later.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import sqlite3
import warnings
from collections.abc import Iterator
from pathlib import Path

from mlops import project
from mlops.errors import explain

SQLITE = "sqlite:///"
DATABASE = "mlflow.db"
# Seconds to wait for other runs. Making the tables takes a few.
PATIENCE = 120
# Seconds to wait for a locked database before the run gets a store of its own.
LOCKED = 10
# Where MLflow keeps whole paths of artifacts: a moved project has to change them.
PATHS = (("experiments", "artifact_location"), ("runs", "artifact_uri"), ("logged_models", "artifact_location"))


def address() -> str:
    """The address of the project's store: MLFLOW_TRACKING_URI, or mlflow.db of the project wherever DVC runs it."""
    said = os.environ.get("MLFLOW_TRACKING_URI") or SQLITE + DATABASE
    file = database(said)
    if file is None or file.is_absolute() or project.home() == Path():
        return said
    return f"{SQLITE}{project.home() / file}"


def database(address: str) -> Path | None:
    """The file of an SQLite store, None for another store."""
    return Path(address.removeprefix(SQLITE)) if address.startswith(SQLITE) else None


def use(folder: Path) -> str | None:
    """Let MLflow find the project's store, or one in the run's own folder if the project's cannot be used.

    Returns:
        Why the project's store cannot be used, None if it can.

    Raises:
        Exception: no store can be written, such as on a full disk.
    """
    try:
        prepare(address())
        os.environ["MLFLOW_TRACKING_URI"] = address()
        return None
    except Exception as error:  # noqa: BLE001 - whatever the reason, the science may succeed
        own = f"{SQLITE}{folder.resolve() / DATABASE}"
        prepare(own)
        os.environ["MLFLOW_TRACKING_URI"] = own
        return explain(error)


def prepare(address: str) -> None:
    """Make tables and experiment of a store if they are missing, and check that it can be written.

    Raises:
        Exception: any error of MLflow, SQLite or the network if the store cannot be used.
    """
    file = database(address)
    if file is None:
        make_experiment(address)
        return
    from filelock import FileLock

    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{file}.lock", timeout=PATIENCE):
        if not file.is_file():
            make_tables(file)
        with contextlib.closing(sqlite3.connect(file, timeout=LOCKED)) as connection:
            connection.execute("begin immediate")
        make_experiment(address)
        # A database elsewhere may serve several projects, whose artifacts lie in their own folders.
        if project.home().resolve() in file.resolve().parents:
            relocate(file)


def make_tables(file: Path) -> None:
    """Make a database under another name first, so that a killed run leaves no half of one."""
    import mlflow

    partial = file.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    mlflow.MlflowClient(f"{SQLITE}{partial}").search_experiments()
    os.replace(partial, file)


def make_experiment(address: str) -> None:
    """Make the experiment that MLFLOW_EXPERIMENT_NAME names, if a store lacks it."""
    import mlflow

    client = mlflow.MlflowClient(address)
    name = os.environ.get("MLFLOW_EXPERIMENT_NAME")
    if name and client.get_experiment_by_name(name) is None:
        try:
            client.create_experiment(name)
        except mlflow.MlflowException:  # on a server, another run may have made it in the meantime
            if client.get_experiment_by_name(name) is None:
                raise
    elif name and client.get_experiment_by_name(name).lifecycle_stage != "active":
        raise ValueError(f"the experiment {name} was deleted: mlflow experiments restore")


def relocate(file: Path) -> None:
    """Let the paths of artifacts follow the database of a project that was moved or copied."""
    root = file.resolve().parent
    with contextlib.closing(sqlite3.connect(file, timeout=LOCKED)) as connection, connection:
        found = connection.execute("select artifact_location from experiments where experiment_id = 0").fetchall()
        before = {match[1] for (path,) in found if (match := re.fullmatch(r"(?:file://)?(/.*)/mlruns/\d+", path or ""))}
        for old in before - {str(root), str(project.home().resolve())}:
            if not (Path(old).exists() and root.samefile(old)):
                for table, column in PATHS:
                    moved = f"update {table} set {column} = replace({column}, ?, ?)"  # noqa: S608 - constants
                    connection.execute(moved, (f"{old}/mlruns/", f"{root}/mlruns/"))


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No warning of a library ends what is only bookkeeping, even with PYTHONWARNINGS=error."""
    # These loggers print a traceback for errors that are raised anyway, and a line per table.
    for name in ("mlflow.store.db.utils", "alembic"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
