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
from urllib.parse import unquote

from mlops import project
from mlops.errors import explain

SQLITE = "sqlite:///"
DATABASE = "mlflow.db"
# Seconds to wait for other runs. Making the tables takes a few.
PATIENCE = 120
# Seconds to wait for a locked database: before a run gets a store of its own, and once the science uses the project's.
LOCKED, BUSY = 10, 120
# Where MLflow keeps whole paths of artifacts: a moved project has to change them.
PATHS = (("experiments", "artifact_location"), ("runs", "artifact_uri"), ("logged_models", "artifact_location"))


def address() -> str:
    """The address of the project's store: MLFLOW_TRACKING_URI, or mlflow.db of the project wherever DVC runs it."""
    said = os.environ.get("MLFLOW_TRACKING_URI") or SQLITE + DATABASE
    file = database(said)
    if file is None or file.is_absolute():
        return said
    return of_file(project.home() / file, said.partition("?")[2])


def database(address: str) -> Path | None:
    """The file of an SQLite store, None for another store."""
    return Path(unquote(address.removeprefix(SQLITE).partition("?")[0])) if address.startswith(SQLITE) else None


def of_file(file: Path, options: str = "") -> str:
    """The address of a database."""
    return f"{SQLITE}{quoted(file)}?{options or f'timeout={BUSY}'}"


def use(folder: Path, module: str) -> str | None:
    """Let MLflow find the project's store, or one in the run's own folder if the project's cannot be used.

    Returns:
        Why the project's store is not used, None if it is.

    Raises:
        Exception: no store can be written, such as on a full disk.
    """
    own, reason = folder / DATABASE, "the run began in a store of its own"
    if not own.is_file():
        try:
            prepare(address())
            os.environ["MLFLOW_TRACKING_URI"] = address()
            return None
        except Exception as error:  # noqa: BLE001 - whatever the reason, the science may succeed
            reason = explain(error)
    os.environ["MLFLOW_TRACKING_URI"] = of_file(own)
    if os.environ.pop("MLFLOW_EXPERIMENT_ID", None):  # which another store does not have
        os.environ["MLFLOW_EXPERIMENT_NAME"] = module.partition(".")[0]
    prepare(of_file(own))
    return reason


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
    """Make the experiment that MLFLOW_EXPERIMENT_NAME names, if a store lacks it.

    Raises:
        ValueError: it was deleted.
        MlflowException: there is none with the id MLFLOW_EXPERIMENT_ID, or the store cannot be used.
    """
    import mlflow

    client = mlflow.MlflowClient(address)
    if identity := os.environ.get("MLFLOW_EXPERIMENT_ID"):
        client.get_experiment(identity)
    name = os.environ.get("MLFLOW_EXPERIMENT_NAME")
    found = client.get_experiment_by_name(name) if name else None
    if found and found.lifecycle_stage != "active":
        raise ValueError(f"the experiment {name} was deleted: mlflow experiments restore")
    if name and found is None:
        try:
            client.create_experiment(name)
        except mlflow.MlflowException:  # on a server, another run may have made it in the meantime
            if client.get_experiment_by_name(name) is None:
                raise


def relocate(file: Path) -> None:
    """Let the paths of artifacts follow the database of a project that was moved or copied."""
    root = quoted(file.resolve().parent)
    with contextlib.closing(sqlite3.connect(file, timeout=LOCKED)) as connection, connection:
        found = connection.execute("select artifact_location from experiments where experiment_id = 0").fetchall()
        before = {match[1] for (path,) in found if (match := re.fullmatch(r"(?:file://)?(/.*)/mlruns/\d+", path or ""))}
        for old in before - {root, quoted(project.home().resolve())}:
            if not (Path(unquote(old)).exists() and file.parent.samefile(unquote(old))):
                for table, column in PATHS:
                    moved = f"update {table} set {column} = replace({column}, ?, ?)"  # noqa: S608 - constants
                    connection.execute(moved, (f"{old}/mlruns/", f"{root}/mlruns/"))


def quoted(path: Path) -> str:
    """A path as part of an address, in which libraries read %20 as a space."""
    return path.as_posix().replace("%", "%25")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No warning of a library ends what is only bookkeeping, even with PYTHONWARNINGS=error."""
    # These loggers print a traceback for errors that are raised anyway, and a line per table.
    for name in ("mlflow.store.db.utils", "alembic"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
