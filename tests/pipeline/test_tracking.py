"""Each MLflow run leads back to its entry of dvc.lock."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tests.pipeline.conftest import Runs
from tests.project import Project

pytestmark = pytest.mark.slow


def test_a_run_holds_the_lock_entries_of_its_stages(finished: Project, runs: Runs) -> None:
    (run,) = runs(finished)
    assert run["status"] == "FINISHED"
    for stage in ("train", "evaluate"):
        assert json.loads(run["artifacts"][f"dvc/{stage}.json"]) == finished.lock()[stage]
        for out in finished.lock()[stage]["outs"]:
            assert run["tags"][f"mlops.{stage}.{out['path']}"] == out["md5"]
        assert float(run["tags"][f"mlops.{stage}.seconds"]) > 0
        assert float(run["tags"][f"mlops.{stage}.peak_memory_mib"]) > 0
    metrics = json.loads((finished.path / "reports/metrics.json").read_text())["metrics"]
    assert run["metrics"]["test.accuracy"] == metrics["accuracy"]["value"]
    assert run["params"]["model.max_depth"] == "6"


def test_a_run_knows_its_commit_and_inputs(project: Project, runs: Runs) -> None:
    assert runs(project)[0]["tags"]["mlops.dirty"] == "false"
    project.edit("configs/model/xgboost.yaml", "max_depth: 6", "max_depth: 3")
    project.commit()
    project.repro()
    run = runs(project)[0]
    tags = run["tags"]
    assert run["name"] == f"xgboost breast_cancer {tags['mlops.commit'][:7]}"
    named = {name: tags[name] for name in ("model", "data", "split", "target")}
    assert named == {"model": "xgboost", "data": "breast_cancer", "split": "stratified", "target": "diagnosis"}
    assert tags["mlops.dirty"] == "false"
    assert tags["mlops.commit"] == project.run("git", "rev-parse", "HEAD").stdout.strip()
    assert tags["mlops.data"] == project.lock()["acquire"]["outs"][0]["md5"]
    assert tags["mlops.seed"] == "42"
    assert tags["mlops.threads"] == "2"
    for name in ("mlops.configs", "mlops.requirements", "mlops.dvc_lock"):
        assert len(tags[name]) == hashlib.sha256().digest_size * 2
    project.edit("configs/model/xgboost.yaml", "max_depth: 3", "max_depth: 2")
    project.repro()
    run = runs(project)[0]
    assert (run["tags"]["mlops.dirty"], run["name"][-1]) == ("true", "+")


def test_the_model_is_logged_by_reference_with_its_signature(finished: Project, runs: Runs) -> None:
    code = """
import json, mlflow
client = mlflow.MlflowClient("sqlite:///mlflow.db")
(model,) = client.search_logged_models([found.experiment_id for found in client.search_experiments()])
print(json.dumps([model.name, model.source_run_id, model.tags]))
"""
    name, run, tags = json.loads(finished.run("python", "-c", code).stdout.splitlines()[-1])
    assert (name, run) == ("xgboost", runs(finished)[0]["id"])
    manifest = (finished.path / tags["path"] / "manifest.json").read_bytes()
    assert tags["manifest_sha256"] == hashlib.sha256(manifest).hexdigest()
    inputs = json.loads(tags["signature"])
    assert inputs[0] == {"type": "double", "name": "mean radius", "required": True} and len(inputs) == 30
    # MLflow holds no second copy.
    assert not list(finished.path.glob("mlruns/**/model.ubj"))


def test_an_evaluation_says_its_own_state_on_the_run_of_its_training(project: Project, runs: Runs) -> None:
    project.edit("configs/config.yaml", "resamples: 40", "resamples: 20")
    pipeline = (project.path / "dvc.yaml").read_text(encoding="utf-8")
    _, before, after = pipeline.partition("  evaluate:")
    # It may name the model's folder in other ways, or a file in it.
    (project.path / "dvc.yaml").write_text(_ + before + after.replace("- models\n", "- ./models/manifest.json\n"))
    assert project.repro() == ["evaluate", "report"]
    (run,) = runs(project)
    assert (run["tags"]["mlops.train.dirty"], run["tags"]["mlops.evaluate.dirty"]) == ("false", "true")


def test_a_run_that_was_deleted_does_not_stop_the_evaluation(project: Project, runs: Runs) -> None:
    (project.path / "mlflow.db").unlink()
    project.edit("configs/config.yaml", "resamples: 40", "resamples: 20")
    assert project.repro() == ["evaluate", "report"]
    (run,) = runs(project)
    assert run["tags"]["mlops.restored"] == project.lock()["train"]["outs"][0]["md5"]


def test_a_changed_input_makes_a_run_dirty(project: Project) -> None:
    def dirty() -> str:
        code = "from mlops.tracking import RunContext; print(RunContext().tags()['mlops.dirty'])"
        return project.run("python", "-c", code).stdout.strip()

    assert dirty() == "false"
    for name, expected in {
        "configs/config.yaml": "true",
        "data/external/own.csv": "true",
        "dvc.yaml": "true",
        "finished/features.py": "true",
        "finished/new_module.py": "true",
        "mlops/select.py": "true",
        "requirements/base.lock": "true",
        "README.md": "false",
        "notebooks/new.py": "false",
        "tests/test_new.py": "false",
    }.items():
        path = project.path / name
        before = path.read_bytes() if path.is_file() else None
        with path.open("a", encoding="utf-8") as stream:
            stream.write("# changed\n")
        assert dirty() == expected, name
        path.unlink() if before is None else path.write_bytes(before)


def test_a_run_is_recorded_from_any_folder(project: Project, runs: Runs) -> None:
    """From another folder, DVC names a stage with its file."""
    project.edit("configs/model/xgboost.yaml", "max_depth: 6", "max_depth: 3")
    done = project.run("dvc", "--cd", "notebooks", "repro", "../dvc.yaml")
    assert "Running stage '../dvc.yaml:report'" in done.stdout
    run = runs(project)[0]
    assert run["tags"]["mlops.evaluate.reports/predictions.parquet"] == project.lock()["evaluate"]["outs"][-1]["md5"]
    assert json.loads(run["artifacts"]["dvc/train.json"]) == project.lock()["train"]


def test_a_failed_stage_leaves_the_training_finished_and_is_recorded_beside_it(project: Project, runs: Runs) -> None:
    before = project.outputs()
    (trained,) = runs(project)
    project.edit(
        f"{project.module}/modeling/evaluate.py",
        "    report, details, predictions = evaluate(fitted, test, config)\n",
        '    report, details, predictions = evaluate(fitted, test, config)\n    raise RuntimeError("planted")\n',
    )
    done = project.run("dvc", "repro", check=False)
    assert done.returncode != 0
    assert f"stage {project.module}.modeling.evaluate: RuntimeError: planted" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    failed, still = runs(project)
    assert (still["id"], still["status"]) == (trained["id"], "FINISHED")
    assert failed["status"] == "FAILED"
    assert failed["tags"]["mlops.beside"] == trained["id"]
    assert "in main" in failed["artifacts"]["traceback.txt"] and "planted" in failed["artifacts"]["traceback.txt"]
    (log,) = (project.path / ".runs").glob("*-evaluate-*/traceback.txt")
    assert "planted" in log.read_text()
    assert project.outputs() == before


def test_a_failed_training_is_a_failed_run_with_its_traceback(project: Project, runs: Runs) -> None:
    project.edit(
        f"{project.module}/modeling/train.py",
        "        fitted = fit(train, validation, config)\n",
        '        fitted = fit(train, validation, config)\n        raise RuntimeError("planted")\n',
    )
    assert project.run("dvc", "repro", check=False).returncode != 0
    failed = runs(project)[0]
    assert failed["status"] == "FAILED"
    assert failed["params"]["model.max_depth"] == "6"
    assert "planted" in failed["artifacts"]["traceback.txt"]
    assert len(runs(project)) == 2


def test_a_restored_model_opens_a_run_that_says_so(finished: Project, tmp_path: Path, runs: Runs) -> None:
    clone = finished.clone(tmp_path / "colleague")
    clone.run(
        "dvc",
        "remote",
        "add",
        "--default",
        "--local",
        "shared",
        str(finished.path / ".dvc" / "cache" / "files" / "md5"),
    )
    clone.run("dvc", "config", "--local", "cache.dir", str(finished.path / ".dvc" / "cache"))
    clone.run("dvc", "checkout")
    # A number of its own: the clone shares the finished project's cache, which would restore it for other tests.
    clone.edit("configs/config.yaml", "resamples: 40", "resamples: 10")
    assert clone.repro() == ["evaluate", "report"]
    (run,) = runs(clone)
    assert run["tags"]["mlops.restored"] == clone.lock()["train"]["outs"][0]["md5"]


def test_the_plugin_is_known_to_mlflow(finished: Project) -> None:
    code = (
        "from mlflow.tracking.context import registry; "
        "print([type(p).__module__ for p in registry._run_context_provider_registry])"
    )
    assert "mlops.tracking" in finished.run("python", "-W", "ignore", "-c", code).stdout


def test_a_stage_is_recorded_without_a_line_in_its_code(finished: Project) -> None:
    (path,) = (finished.path / ".runs").glob("*-prepare-*/record.json")
    record = json.loads(path.read_text())
    assert record["status"] == 0
    assert record["threads"] == 2
    assert record["seconds"] > 0
    assert record["peak_memory_mib"] > 10
    assert record["cpu"] and record["cores"] and record["python"] and record["lock"]
    assert record["seed"] == "42"


def test_a_stage_that_starts_no_run_needs_no_server(project: Project) -> None:
    with (project.path / project.module / "report.py").open("a", encoding="utf-8") as stream:
        stream.write("# changed\n")
    assert project.repro(MLFLOW_TRACKING_URI="http://127.0.0.1:9", MLFLOW_HTTP_REQUEST_MAX_RETRIES="0") == ["report"]
