"""Link MLflow runs to the project's state: commit, inputs, and the stage's own entry in dvc.lock.

MLflow finds `RunContext` through the entry point mlflow.run_context_provider and puts its tags on every new run. The
stage runner calls `trained` before a stage, `end` and `complete` after it. MLflow is imported only for a stage that
uses it or fails, DVC only for one that used MLflow or failed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import sys
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from mlops import pipeline, project, store
from mlops.errors import redact

TRAIN = "train"
# The tag with the folder of a run's record, in MLflow's filters.
RECORD = "tags.`mlops.record`"
# MLflow's limits for a tag's name and value.
LONGEST_NAME, LONGEST_VALUE = 250, 8000
RECORDED = ("seconds", "peak_memory_mib", "cpu", "cores", "threads", "python", "commit", "dirty")


class RunContext:
    """MLflow's run context provider: tags every new run in the project's folder."""

    def in_context(self) -> bool:
        """Whether this process runs in a project."""
        return Path("dvc.yaml").is_file()

    def tags(self) -> dict[str, str]:
        """Commit, whether inputs differ from it, and hashes of the run's inputs."""
        outs = [out for step in project.locked().values() for out in step.get("outs", [])]
        raw = [out["md5"] for out in outs if out["path"].startswith("data/raw/") and "md5" in out]
        tags = {f"mlops.{key}": value for key, value in project.state().items()}
        tags |= {
            "mlops.dvc_lock": project.digest(Path("dvc.lock")),
            "mlops.data": " ".join(raw) or "none",
            "mlops.configs": project.digest(*Path("configs").rglob("*.yaml")),
            "mlops.requirements": project.digest(*Path("requirements").glob("*.lock")),
        }
        tags |= {f"mlops.{name}": project.setting(name, project.overrides()) or "none" for name in ("seed", "threads")}
        for name, variable in (("restored", "MLOPS_RESTORED"), ("record", "MLOPS_RUN_DIR")):
            if variable in os.environ:
                tags[f"mlops.{name}"] = os.environ[variable]
        return {key: redact(value)[:LONGEST_VALUE] for key, value in tags.items()}


def tag(name: str) -> str:
    """A name as MLflow takes it: other characters than letters, digits and / _ - . : space become :XX, their code."""
    name = re.sub(r"[^\w/.\- ]+", lambda found: quote(found[0], safe="").replace("%", ":"), name)
    return name if len(name) <= LONGEST_NAME else hashlib.sha256(name.encode()).hexdigest()


def uses_mlflow(module: str) -> bool:
    """Whether a stage may start a run: its module, or code of the project's own package among its deps, names MLflow.

    MLflow takes seconds to import, which other stages are spared.
    """
    package = module.partition(".")[0]
    try:
        spec = importlib.util.find_spec(module)
        deps = project.definition()[1].get("deps", []) if project.stage() else []
    except (ImportError, ValueError):
        # The import of the module itself says what is wrong with it.
        return False
    files = [Path(spec.origin)] if spec and spec.origin else []
    for dep in deps:
        if dep.partition("/")[0] == package:
            # Such as modeling/models/${model}.py, where any of the files may be meant.
            path = Path(dep.partition("$")[0].rpartition("/")[0] if "$" in dep else dep)
            files += [path] if path.is_file() else path.rglob("*.py")
    return any(b"mlflow" in file.read_bytes().lower() for file in files)


def trained() -> dict[str, str]:
    """Variables that make a stage resume the MLflow run of the model it reads, found by the hash of train's output.

    If DVC restored the model from a cache, no run has that hash. The new run then gets the tag mlops.restored.
    """
    if project.stage() is None:
        return {}
    # It may depend on the model's folder, however that is written, or on a file in it.
    needed = {above for dep in map(PurePosixPath, pipeline.dependencies()) for above in (dep, *dep.parents)}
    for name, entry in project.locked().items():
        if name.partition("@")[0] == TRAIN and name != project.stage():
            for out in entry.get("outs", []):
                if PurePosixPath(out["path"]) in needed and "md5" in out:
                    run = find_run(tag(f"mlops.{name}.{out['path']}"), out["md5"])
                    return {"MLFLOW_RUN_ID": run, "MLOPS_RESUMED": run} if run else {"MLOPS_RESTORED": out["md5"]}
    return {}


def find_run(name: str, value: str) -> str | None:
    """The id of the newest run with this tag, None if there is none."""
    found = search(store.address(), f"tags.`{name}` = '{value}'")
    return found[0] if found else None


def search(address: str, wanted: str) -> list[str]:
    """The ids of the runs in a store that MLflow's filter finds, the newest first."""
    import mlflow

    client = mlflow.MlflowClient(address)
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    return [run.info.run_id for run in client.search_runs(experiments, wanted)]


def end(record: dict[str, Any], failed: bool) -> str | None:
    """End the MLflow run of a stage; returns its id, None if a success started none. A failure gets its own run."""
    resumed = os.environ.get("MLOPS_RESUMED")
    loaded: Any = sys.modules.get("mlflow")
    run: Any = loaded.last_active_run() if loaded else None
    if not failed and run is None:
        return None
    import mlflow

    client = mlflow.MlflowClient()
    if not failed:
        mlflow.end_run()
        return str(run.info.run_id)
    mlflow.end_run("FAILED")
    # A run that was resumed, or that ended well before the failure, as a job of a sweep does, is not the failed one.
    if run and (run.info.run_id == resumed or client.get_run(run.info.run_id).info.status == "FINISHED"):
        client.set_terminated(run.info.run_id, "FINISHED")
        run = None
    if run is None:
        record["beside"] = resumed or trained().get("MLOPS_RESUMED")
        return make_failed(record)
    client.set_terminated(run.info.run_id, "FAILED")
    return str(run.info.run_id)


def make_failed(record: dict[str, Any]) -> str:
    """Make the run of a stage that ended before it had one, beside the run that it resumed; returns its id."""
    import mlflow

    os.environ.pop("MLFLOW_RUN_ID", None)
    tags = {"mlops.beside": record["beside"] or "none"}
    tags |= {f"mlops.{key}": record[key] for key in ("commit", "dirty") if key in record}
    with mlflow.start_run(run_name=f"{label(record)} {how(record).lower()}", tags=tags) as run:
        pass
    mlflow.MlflowClient().set_terminated(run.info.run_id, how(record))
    return str(run.info.run_id)


def how(record: dict[str, Any]) -> str:
    """How a stage ended, in MLflow's words."""
    return "FINISHED" if "error" not in record else "KILLED" if record["status"] < 0 else "FAILED"


def complete(identity: str, record: dict[str, Any], folder: Path) -> None:
    """Put on a run what its record says: the stage's figures, its entry of dvc.lock, the traceback of a failure."""
    import mlflow

    client = mlflow.MlflowClient()
    name = label(record)
    # A resumed run has the commit and state of its training, so those of this stage are added.
    tags = {f"mlops.{name}.{key}": str(record[key]) for key in RECORDED if key in record}
    log = folder / "traceback.txt"
    if "error" in record:
        tags["mlops.error"] = record["error"]
        if log.is_file():
            client.log_text(identity, log.read_text(encoding="utf-8"), log.name)
    elif entry := record.get("entry"):
        client.log_text(identity, json.dumps(redact(entry), indent=2), f"dvc/{name}.json")
        tags |= {f"mlops.{name}.{out['path']}": out["md5"] for out in entry.get("outs", []) if "md5" in out}
    taken = [mlflow.entities.RunTag(tag(key), redact(value)[:LONGEST_VALUE]) for key, value in tags.items()]
    for first in range(0, len(taken), 100):
        client.log_batch(identity, tags=taken[first : first + 100])


def label(record: dict[str, Any]) -> str:
    """The name of a stage in its run: as DVC has it, or of its module if it was run by hand."""
    return str(record["stage"] or record["module"].rpartition(".")[2])


def close(address: str, folder: Path, record: dict[str, Any]) -> None:
    """Close the runs that an ended stage left open in a store. A training that it only resumed stays finished."""
    import mlflow

    client = mlflow.MlflowClient(address)
    for identity in search(address, f"{RECORD} LIKE '%{folder.name}' and attributes.status = 'RUNNING'"):
        client.set_terminated(identity, how(record))
    if record["beside"] and client.get_run(record["beside"]).info.status == "RUNNING":
        client.set_terminated(record["beside"], "FINISHED")
