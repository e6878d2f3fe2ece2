"""Link MLflow runs to the project's state: commit, inputs, and the stage's own entry in dvc.lock.

MLflow finds `RunContext` through the entry point mlflow.run_context_provider and puts its tags on every new run. The
stage runner calls `resume` before a stage and `finish` after it. MLflow is imported only for a stage that uses it or
fails, DVC only for one that used MLflow or failed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CONFIG = Path("configs/config.yaml")
TRAIN = "train"


class RunContext:
    """MLflow's run context provider: tags every new run in the project's folder."""

    def in_context(self) -> bool:
        """Whether this process runs in a project."""
        return Path("dvc.yaml").is_file()

    def tags(self) -> dict[str, str]:
        """Commit, whether inputs differ from it, and hashes of the run's inputs."""
        locked = read_yaml(Path("dvc.lock")).get("stages", {})
        raw = [
            out["md5"]
            for step in locked.values()
            for out in step.get("outs", [])
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


def stage() -> str | None:
    """The stage that DVC runs, None for a run by hand. From another folder DVC names it ../dvc.yaml:train."""
    return os.environ.get("DVC_STAGE", "").rpartition(":")[2] or None


def address() -> str:
    """DVC's address of the running stage, in the project's dvc.yaml or in that of a folder.

    DVC itself gives the file relative to the caller's folder.

    Raises:
        ValueError: no file or several files have a stage of this name.
    """
    files = [Path("dvc.yaml"), *sorted(Path().glob("*/dvc.yaml"))]
    found = [path for path in files if stage() in read_yaml(path).get("stages", {})]
    if len(found) != 1:
        raise ValueError(f"{len(found)} of dvc.yaml and */dvc.yaml have a stage {stage()}: give it a unique name")
    return f"{found[0].as_posix()}:{stage()}"


def state() -> dict[str, str]:
    """The commit, and whether inputs differ from it."""
    commit = git("rev-parse", "HEAD")
    return {"commit": commit or "none", "dirty": str(dirty()).lower() if commit else "unknown"}


def setting(name: str, overrides: list[str]) -> str | None:
    """A top-level value of the configuration as text: the override name=VALUE, else its line in configs/config.yaml."""
    lines = CONFIG.read_text(encoding="utf-8").splitlines()
    for text in [*reversed(overrides), *lines]:
        if found := re.match(rf"\+*{name}\s*[:=]\s*([^\s#]+)", text):
            return found[1]
    return None


def resume(module: str) -> dict[str, str]:
    """The variables of `trained` for a stage that may start a run. The search for it takes seconds of imports.

    A stage may start a run if code of the project's own package among its deps in dvc.yaml names MLflow.
    """
    package = module.partition(".")[0]
    for dep in read_yaml(Path("dvc.yaml")).get("stages", {}).get(stage(), {}).get("deps", []):
        if dep.partition("/")[0] == package:
            # Such as modeling/models/${model}.py, where any of the files may be meant.
            path = Path(dep.partition("$")[0].rpartition("/")[0] if "$" in dep else dep)
            files = [path] if path.is_file() else path.rglob("*.py")
            if any(b"mlflow" in file.read_bytes().lower() for file in files):
                return trained()
    return {}


def trained() -> dict[str, str]:
    """Variables that make a stage resume the MLflow run of the model it reads, found by the hash of train's output.

    If DVC restored the model from a cache, no run has that hash. The new run then gets the tag mlops.restored.
    """
    stages = read_yaml(Path("dvc.yaml")).get("stages", {})
    outs = read_yaml(Path("dvc.lock")).get("stages", {}).get(TRAIN, {}).get("outs", [])
    hashes = {out["path"]: out["md5"] for out in outs}
    for dependency in stages.get(stage(), {}).get("deps", []):
        if dependency in hashes:
            run = find_run(f"mlops.{TRAIN}.{dependency}", hashes[dependency])
            return {"MLFLOW_RUN_ID": run, "MLOPS_RESUMED": run} if run else {"MLOPS_RESTORED": hashes[dependency]}
    return {}


def find_run(tag: str, value: str) -> str | None:
    """The id of the newest run with this tag, None if there is none."""
    server = os.environ["MLFLOW_TRACKING_URI"]
    database = server.removeprefix("sqlite:///")
    # MLflow would create the database, which takes seconds.
    if database != server and not Path(database).is_file():
        return None
    import mlflow

    client = mlflow.MlflowClient()
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    runs = client.search_runs(experiments, f"tags.`{tag}` = '{value}'", max_results=1)
    return runs[0].info.run_id if runs else None


def finish(record: dict[str, Any], failure: BaseException | None) -> str | None:
    """Complete the MLflow run that a stage started or resumed. A failure gets a run of its own.

    Returns:
        The id of this stage's run, None if it started none and succeeded.
    """
    name = record["stage"] or record["module"].rpartition(".")[2]
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
                # The training succeeded, even if a later stage failed.
                client.set_terminated(run.info.run_id, "FINISHED")
            os.environ.pop("MLFLOW_RUN_ID", None)
            beside = resumed or trained().get("MLOPS_RESUMED", "none")
            with mlflow.start_run(run_name=f"{name} failed", tags={"mlops.beside": beside}) as run:
                pass
        identity = run.info.run_id
        client.log_text(identity, "".join(traceback.format_exception(failure)), "traceback.txt")
        client.set_terminated(identity, "FAILED")
    else:
        mlflow.end_run()
        identity = run.info.run_id
    # A resumed run has the commit and state of its training, so those of this stage are added.
    tags = {
        f"mlops.{name}.{key}": str(record[key])
        for key in ("seconds", "peak_memory_mib", "cpu", "cores", "threads", "python", "commit", "dirty")
    }
    if failure is not None:
        tags["mlops.error"] = record["error"]
    elif record["stage"]:
        entry = lock_entry()
        client.log_dict(identity, entry, f"dvc/{name}.json")
        tags |= {f"mlops.{name}.{out['path']}": out["md5"] for out in entry.get("outs", [])}
    client.log_batch(identity, tags=[mlflow.entities.RunTag(key, value) for key, value in tags.items()])
    return identity


def lock_entry() -> dict[str, Any]:
    """The entry that DVC will write to dvc.lock for the finished stage: command, parameters, hashes of files."""
    from dvc.repo import Repo
    from dvc.stage.serialize import to_single_stage_lockfile

    with Repo() as repo:
        (loaded,) = repo.stage.collect(address())
        loaded.save_deps()
        loaded.save_outs()
        entry: dict[str, Any] = json.loads(json.dumps(to_single_stage_lockfile(loaded)))
        return entry


def put_back(folder: Path) -> bool:
    """Restore the outputs in dvc.lock from DVC's cache; does nothing for a run by hand.

    DVC removed them before the stage ran. Outputs that exist now were written by the failed stage, such as a model that
    took hours and whose metrics could not be logged. They are moved to `folder`; returns whether there were any.
    """
    if stage() is None:
        return False
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    kept = False
    with Repo() as repo:
        (loaded,) = repo.stage.collect(address())
        for out in loaded.outs:
            written = Path(str(out))
            if written.exists():
                (folder / written).parent.mkdir(parents=True, exist_ok=True)
                written.rename(folder / written)
                kept = True
            # DVC's run cache has small metrics too, although they are not cached outputs.
            out.use_cache = True
            if out.hash_info:
                try:
                    out.checkout(force=True)
                except DvcException:
                    # Metrics of a fresh clone are not in the cache, but in git.
                    if git("checkout", "--", str(out)) is None or out.changed_checksum():
                        raise
    return kept


def close_killed(record: str, reason: str) -> None:
    """Close the MLflow run that a killed stage left open. A training that was only resumed stays finished."""
    resumed = trained().get("MLOPS_RESUMED")
    import mlflow

    client = mlflow.MlflowClient()
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    for run in client.search_runs(experiments, f"tags.`mlops.record` = '{record}' and attributes.status = 'RUNNING'"):
        client.set_tag(run.info.run_id, "mlops.error", reason)
        client.set_terminated(run.info.run_id, "KILLED")
    if resumed:
        if client.get_run(resumed).info.status == "RUNNING":
            client.set_terminated(resumed, "FINISHED")
        tags = {"mlops.beside": resumed, "mlops.error": reason}
        with mlflow.start_run(run_name=f"{stage()} killed", tags=tags) as run:
            pass
        client.set_terminated(run.info.run_id, "KILLED")


def dirty() -> bool:
    """Whether any input differs from the commit: a folder that a stage reads, dvc.yaml or configs/.

    Outputs of the pipeline, documents, notebooks and tests are not inputs.
    """
    pipeline = read_yaml(Path("dvc.yaml")).get("stages", {}).values()
    inputs = {"dvc.yaml", "configs", *(path.split("/")[0] for step in pipeline for path in step.get("deps", []))}
    written = set(outputs())
    prefix = git("rev-parse", "--show-prefix") or ""
    which = [*sorted(inputs), ":(exclude)reports/proof.*"]
    status = git("status", "--porcelain", "-z", "--untracked-files=all", "--no-renames", "--", *which) or ""
    return any(path[3:].removeprefix(prefix) not in written for path in status.split("\0") if path)


def outputs() -> Iterator[str]:
    """Paths of everything that the stages of dvc.yaml write."""
    for step in read_yaml(Path("dvc.yaml")).get("stages", {}).values():
        for kind in ("outs", "metrics", "plots"):
            for out in step.get(kind, []):
                yield out if isinstance(out, str) else next(iter(out))


def git(*arguments: str) -> str | None:
    """Output of git, None if git fails or is missing."""
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
    """A YAML file as a dictionary, empty if the file is missing."""
    if not path.is_file():
        return {}
    import yaml

    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}
