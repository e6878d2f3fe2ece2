"""Tie MLflow runs to the project's state: commit, inputs, and the stage's own entry in dvc.lock.

MLflow finds `RunContext` through the entry point mlflow.run_context_provider and puts its tags on every new run. The
stage runner calls `resume` before a stage and `finish` after it. MLflow and DVC are imported only if the stage used
MLflow, or failed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import sqlite3
import subprocess
import sys
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

INDEX = Path(".runs/mlflow.json")
TRAIN = "train"


class RunContext:
    """MLflow's run context provider: what a new run is tagged with, whoever starts it in the project's folder."""

    def in_context(self) -> bool:
        """Whether this process runs in a project."""
        return Path("dvc.yaml").is_file()

    def tags(self) -> dict[str, str]:
        """Commit, whether inputs differ from it, and hashes of what the run reads."""
        locked = read_yaml(Path("dvc.lock")).get("stages", {})
        raw = [
            out["md5"]
            for stage in locked.values()
            for out in stage.get("outs", [])
            if out["path"].startswith("data/raw/")
        ]
        tags = {f"mlops.{key}": value for key, value in state().items()}
        tags |= {
            "mlops.dvc_lock": digest(Path("dvc.lock")),
            "mlops.data": " ".join(raw) or "none",
            "mlops.configs": digest(*Path("configs").rglob("*.yaml")),
            "mlops.requirements": digest(*Path("requirements").glob("*.lock")),
        }
        for name in ("seed", "threads"):
            tags[f"mlops.{name}"] = setting(name, sys.argv[1:]) or "none"
        for name, variable in (("restored", "MLOPS_RESTORED"), ("record", "MLOPS_RUN_DIR")):
            if variable in os.environ:
                tags[f"mlops.{name}"] = os.environ[variable]
        return tags


def state() -> dict[str, str]:
    """The commit, and whether inputs differ from it."""
    commit = git("rev-parse", "HEAD")
    return {"commit": commit or "none", "dirty": str(dirty()).lower() if commit else "unknown"}


def setting(name: str, overrides: list[str]) -> str | None:
    """A top-level value of the configuration as text: the override name=VALUE, else its line in configs/config.yaml."""
    lines = Path("configs/config.yaml").read_text(encoding="utf-8").splitlines()
    for text in [*reversed(overrides), *lines]:
        if found := re.match(rf"\+*{name}\s*[:=]\s*([^\s#]+)", text):
            return found[1]
    return None


def resume(stage: str | None, server: str) -> dict[str, str]:
    """Variables that make a stage's first run that of the model it reads: train's, found by the hash of its output.

    Where that hash is not known here (DVC restored the model from a cache, no training ran), a new run says so in its
    tag mlops.restored.
    """
    stages = read_yaml(Path("dvc.yaml")).get("stages", {})
    trained = read_yaml(Path("dvc.lock")).get("stages", {}).get(TRAIN, {}).get("outs", [])
    hashes = {out["path"]: out["md5"] for out in trained}
    for dependency in stages.get(stage, {}).get("deps", []):
        if dependency in hashes:
            run = read_index().get(server, {}).get(hashes[dependency])
            if run and is_there(run, server):
                return {"MLFLOW_RUN_ID": run, "MLOPS_RESUMED": run}
            return {"MLOPS_RESTORED": hashes[dependency]}
    return {}


def is_there(run: str, server: str) -> bool:
    """Whether a run still exists, as far as a look into a database file tells; a server is believed."""
    if not server.startswith("sqlite:///"):
        return True
    try:
        with contextlib.closing(
            sqlite3.connect(f"file:{server.removeprefix('sqlite:///')}?mode=ro", uri=True)
        ) as found:
            query = "select 1 from runs where run_uuid = ? and lifecycle_stage = 'active'"
            return found.execute(query, (run,)).fetchone() is not None
    except sqlite3.Error:
        return False


def finish(record: dict[str, Any], failure: BaseException | None) -> str | None:
    """Complete the MLflow run that a stage started or resumed; a failure is on a run of its own.

    Returns:
        The id of the run that stands for this stage, None where it started none and went well.
    """
    stage = record["stage"] or record["module"].rpartition(".")[2]
    resumed = os.environ.get("MLOPS_RESUMED")
    loaded = sys.modules.get("mlflow")
    run: Any = loaded.last_active_run() if loaded else None
    if failure is None and run is None:
        return None
    import mlflow

    client = mlflow.MlflowClient()
    identity: str
    if failure is not None:
        mlflow.end_run("FAILED")
        if run is None or run.info.run_id == resumed:
            if run is not None:
                # The training went well, whatever became of a later stage.
                client.set_terminated(run.info.run_id, "FINISHED")
            os.environ.pop("MLFLOW_RUN_ID", None)
            with mlflow.start_run(run_name=f"{stage} failed", tags={"mlops.beside": resumed or "none"}) as run:
                pass
        identity = run.info.run_id
        client.log_text(identity, "".join(traceback.format_exception(failure)), "traceback.txt")
        client.set_terminated(identity, "FAILED")
    else:
        mlflow.end_run()
        identity = run.info.run_id
    tags = {
        f"mlops.{stage}.{key}": str(record[key])
        for key in ("seconds", "peak_memory_mib", "cpu", "cores", "threads", "python")
    }
    # Of this stage: a run that was resumed carries those of its training.
    tags |= {f"mlops.{stage}.{key}": value for key, value in state().items()}
    if failure is not None:
        tags["mlops.error"] = record["error"]
    elif record["stage"]:
        entry = lock_entry(record["stage"])
        client.log_dict(identity, entry, f"dvc/{stage}.json")
        tags |= {f"mlops.{stage}.{out['path']}": out["md5"] for out in entry.get("outs", [])}
        remember(identity, [out["md5"] for out in entry.get("outs", [])])
    client.log_batch(identity, tags=[mlflow.entities.RunTag(key, value) for key, value in tags.items()])
    return identity


def lock_entry(stage: str) -> dict[str, Any]:
    """What DVC will write to dvc.lock for a stage that has just run: command, parameters, hashes of files."""
    from dvc.repo import Repo
    from dvc.stage.serialize import to_single_stage_lockfile

    with Repo() as repo:
        (loaded,) = repo.stage.collect(stage)
        loaded.save_deps()
        loaded.save_outs()
        entry: dict[str, Any] = json.loads(json.dumps(to_single_stage_lockfile(loaded)))
        return entry


def put_back(stage: str | None) -> None:
    """Bring the outputs that dvc.lock names back from DVC's cache; nothing to do for a run by hand or a first run."""
    if stage is None:
        return
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    with Repo() as repo:
        (loaded,) = repo.stage.collect(stage)
        for out in loaded.outs:
            # Small metrics are no cached outputs, but DVC's run cache holds them too.
            out.use_cache = True
            if out.hash_info:
                try:
                    out.checkout(force=True)
                except DvcException:
                    # Not in the cache here, such as metrics in a fresh clone: those are in git.
                    if git("checkout", "--", str(out)) is None:
                        raise


def close_killed(record: str, resumed: str | None, reason: str) -> None:
    """Close the MLflow run that a killed stage left open; a training that was only resumed stays finished."""
    import mlflow

    client = mlflow.MlflowClient()
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    for run in client.search_runs(experiments, f"tags.`mlops.record` = '{record}' and attributes.status = 'RUNNING'"):
        client.set_tag(run.info.run_id, "mlops.error", reason)
        client.set_terminated(run.info.run_id, "KILLED")
    if resumed:
        client.set_terminated(resumed, "FINISHED")


def remember(run: str, hashes: Iterable[str]) -> None:
    """Note which run made an output, for `resume`."""
    index = read_index()
    index.setdefault(os.environ["MLFLOW_TRACKING_URI"], {}).update(dict.fromkeys(hashes, run))
    partial = INDEX.with_suffix(".partial")
    partial.write_text(json.dumps(index, indent=2), encoding="utf-8")
    os.replace(partial, INDEX)


def read_index() -> dict[str, dict[str, str]]:
    """Run ids by tracking server and output hash."""
    return json.loads(INDEX.read_text(encoding="utf-8")) if INDEX.is_file() else {}


def dirty() -> bool:
    """Whether any input (code, configs, locks, own data) differs from the commit; what the pipeline writes is none."""
    written = {"dvc.lock", *outputs()}
    changed = (git("status", "--porcelain", "-z", "--untracked-files=all", "--no-renames", "--", ".") or "").split("\0")
    prefix = git("rev-parse", "--show-prefix") or ""
    return any(path[3:].removeprefix(prefix) not in written for path in changed if path)


def outputs() -> Iterator[str]:
    """Paths of everything that the stages of dvc.yaml write."""
    for stage in read_yaml(Path("dvc.yaml")).get("stages", {}).values():
        for kind in ("outs", "metrics", "plots"):
            for out in stage.get(kind, []):
                yield out if isinstance(out, str) else next(iter(out))


def git(*arguments: str) -> str | None:
    """What git prints, None where it fails or is not there."""
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.rstrip("\n")


def digest(*paths: Path) -> str:
    """SHA-256 of a file, or over names and contents of several; "none" without any."""
    files = {path.as_posix(): hashlib.sha256(path.read_bytes()) for path in sorted(paths) if path.is_file()}
    if len(files) == 1:
        return next(iter(files.values())).hexdigest()
    named = b"".join(name.encode() + b"\0" + content.digest() for name, content in files.items())
    return hashlib.sha256(named).hexdigest() if files else "none"


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file as a dictionary, empty where it is not there."""
    if not path.is_file():
        return {}
    import yaml

    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}
