"""Twelve tables that nobody prepared: from the file to metrics and predictions, by look and one answer at most."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.pipeline.twelve import ROWS, TWELVE, Table, spanish_export
from tests.project import Project, bake_project

pytestmark = pytest.mark.slow

READING = ("encoding", "separator", "decimal", "thousands", "skip", "names", "missing", "date_format", "join")
# The metric that scikit-learn finds in the predictions of the test rows.
BY_HAND = """
import pyarrow.parquet
from sklearn.metrics import accuracy_score, r2_score

found = pyarrow.parquet.read_table("reports/predictions.parquet").to_pandas()
score = {"classification": accuracy_score, "regression": r2_score}["TASK"]
print(repr(float(score(found["actual"], found["predicted"]))))
"""


def ran(project: Project, module: str, *arguments: str) -> tuple[int, str]:
    """Run a command of the project in the warm interpreter; returns its status and what it said."""
    code = f"import sys; from {project.module}.{module} import main; sys.exit(main({list(arguments)!r}))"
    done = project.run("python", "-c", code, check=False)
    return done.returncode, done.stdout + done.stderr


def typed(project: Project, answers: list[str], *arguments: str) -> str:
    """Run Python in the project at a terminal, on which somebody types these lines; returns what the terminal shows."""
    here, terminal = pty.openpty()
    os.write(here, "".join(f"{answer}\n" for answer in answers).encode())
    done = subprocess.run(
        ["python", *arguments],
        cwd=project.path,
        env=project.environment,
        stdin=terminal,
        capture_output=True,
        text=True,
    )
    os.close(terminal)
    os.close(here)
    assert done.returncode == 0, done.stderr
    return done.stdout


def looked(project: Project, name: str, table: Table) -> tuple[dict[str, Any], str, str]:
    """Look at a table; returns the configuration, the split, and what was said."""
    file = project.path.parent / f"{name}.csv"
    file.write_bytes(table.content)
    status, said = ran(project, "dataset.look.__main__", str(file), "--target", table.target, *table.answers)
    assert status == 0, said
    chosen = yaml.safe_load((project.path / "configs/config.yaml").read_text(encoding="utf-8"))["defaults"]
    (split,) = [choice["split"] for choice in chosen if "split" in choice]
    return yaml.safe_load((project.path / f"configs/data/{name}.yaml").read_text(encoding="utf-8")), split, said


@pytest.mark.parametrize("name", TWELVE)
def test_from_a_file_to_metrics_and_predictions(fresh: Project, tmp_path: Path, name: str) -> None:
    project, table = fresh.copy(tmp_path / "own"), TWELVE[name]()

    written, split, said = looked(project, name, table)

    assert {option: value for option, value in written["read"].items() if option in READING} == table.read
    assert {role: written[role] for role in ("id", "group", "time") if written[role]} == table.roles
    assert (written["task"], split) == (table.task, table.split)
    if name == "temperatures":
        assert "there is nothing to predict 'Temp' from but the time" in said
        project.edit("configs/features/default.yaml", "lags: {}", "lags: {Temp: [1, 7]}")
    project.select(model="logistic" if table.task == "classification" else "ridge")
    project.stages("acquire", "evaluate")
    counts = json.loads((project.path / "reports/data_counts.json").read_text(encoding="utf-8"))["rows"]
    assert counts["read"] == counts["kept"] == ROWS
    report = json.loads((project.path / "reports/metrics.json").read_text(encoding="utf-8"))["metrics"]
    metric = report["accuracy" if table.task == "classification" else "r2"]["value"]
    by_hand = project.run("python", "-c", BY_HAND.replace("TASK", table.task)).stdout
    assert float(by_hand) == pytest.approx(metric, abs=1e-9)
    # The file itself as new rows: a target that is there is no input.
    status, said = ran(project, "modeling.predict", str(tmp_path / f"{name}.csv"))
    assert (status, f"{ROWS} predictions" in said, "cannot be used" in said) == (0, True, False), said
    assert (tmp_path / f"{name}.predictions.csv").read_text(encoding="utf-8").count("\n") == ROWS + 1


def test_a_person_at_a_terminal_is_asked(fresh: Project, tmp_path: Path) -> None:
    project, table = fresh.copy(tmp_path / "own"), TWELVE["air_quality"]()
    file = tmp_path / "air.csv"
    file.write_bytes(table.content)

    said = typed(project, ["CO", "CO(GT)", "", "no"], "-m", f"{project.module}.dataset.look", str(file))

    assert "which column is to be predicted? [CO(GT)]" in said
    assert "'CO' is no answer: valid are: CO(GT), Date Time" in said
    assert "does -200, which occurs 45 times, mean a missing value? [yes]" in said
    assert "to predict later rows from earlier ones? [yes]" in said
    written = yaml.safe_load((project.path / "configs/data/air.yaml").read_text(encoding="utf-8"))
    assert (written["target"], written["read"]["missing"], written["time"]) == ("CO(GT)", ["-200"], None)


def test_a_new_version_of_a_file_changes_its_hash_alone(fresh: Project, tmp_path: Path) -> None:
    project, table = fresh.copy(tmp_path / "own"), TWELVE["titanic"]()
    looked(project, "titanic", table)
    configured = project.path / "configs/data/titanic.yaml"
    configured.write_text(configured.read_text(encoding="utf-8") + "note: Mine.\n", encoding="utf-8")
    dictionary = project.path / "references/titanic.md"
    dictionary.write_text("Mine.\n", encoding="utf-8")
    project.stages("acquire", "prepare")
    assert project.stage("explore.page").returncode == 0
    file = project.path / "data/external/titanic.csv"
    file.write_bytes(file.read_bytes().replace(b",female,", b",woman,"))

    status, said = ran(project, "dataset.look.__main__", str(file), "--target", "Survived")

    assert status == 0 and "only its hash changed" in said
    assert (
        "note: Mine." in configured.read_text(encoding="utf-8") and dictionary.read_text(encoding="utf-8") == "Mine.\n"
    )
    project.stages("acquire", "prepare")
    assert project.stage("explore.page").returncode == 0
    assert "share of &#39;woman&#39;" in (project.path / "reports/explore.html").read_text(encoding="utf-8")


def test_an_own_table_in_a_subfolder_of_another_repository(tmp_path: Path, environment: dict[str, str]) -> None:
    """Two commands from a Spanish export with line ends of Windows to metrics, a claim, and a proof of all of it."""
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    project = bake_project(tmp_path / "analysis", environment, deep_learning="no")
    project.edit("configs/config.yaml", "resamples: 200", "resamples: 40")
    table = spanish_export()
    (project.path / "mis datos.csv").write_bytes(table.content)

    project.run("make", "look", "FILE=mis datos.csv", f"TARGET={table.target}")
    project.run("make", "train", "MODEL=ridge")

    project.run("make", "claim")
    project.commit()
    done = project.run("probado", "prove", "--env", "reuse")
    assert re.search(r"EXACT: (\d+) of \1 outputs", done.stdout), done.stdout
    proof = json.loads((project.path / "reports/proof.json").read_text(encoding="utf-8"))
    assert [claim["state"] for claim in proof["claims"]].count("held") == 1
