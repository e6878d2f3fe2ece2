"""make predict for a file of several pieces: a kill loses no piece and doubles none, and memory does not grow."""

from __future__ import annotations

import pytest

from tests.project import Project

pytestmark = pytest.mark.slow

# Kills itself in the middle of the so-manieth write to a file, as a crash does.
KILLED = """
import os, signal, sys
from {module}.modeling import predict, resumable
append, calls = resumable._append, []

def torn(path, written):
    calls.append(path)
    append(path, written if len(calls) <= {whole} else written[:len(written) // 2])
    if len(calls) > {whole}:
        os.kill(os.getpid(), signal.SIGKILL)

resumable._append = torn
sys.exit(predict.main(["new.csv"]))
"""
WHOLE = """
from pathlib import Path
from {module}.modeling.predict import load
predictor = load()
found, _ = predictor.predict_rows(predictor.contract.read(Path("new.csv")).table)
found.set_axis(found.index + 1).to_csv("whole.csv", index_label="row", lineterminator="\\n")
"""
MEMORY = """
import resource, sys
from {module}.modeling import predict
assert predict.main([sys.argv[1]]) == 0
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000)
"""
ROWS = """
import pandas as pd
from finished.common.files import read_parquet
rows = read_parquet("data/interim/table.parquet").drop(columns="diagnosis")
rows = rows.sample(160_000, replace=True, random_state=1).reset_index(drop=True)
rows = rows.astype({"mean area": object})
rows.loc[120_000, "mean area"] = "many"
rows.to_csv("new.csv", index=False)
"""
PREDICTIONS, BAD = "new.predictions.csv", "new.predictions.bad_rows.csv"


@pytest.fixture(scope="module")
def project(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A trained project with a file of 45 MB, whose row 120,001 cannot be used, and its predictions."""
    project = finished.copy(tmp_path_factory.mktemp("predicted") / "project")
    project.run("python", "-c", ROWS)
    return project


def test_a_killed_run_goes_on_without_a_doubled_or_missing_row(project: Project) -> None:
    project.run("make", "predict", "INPUT=new.csv")
    predicted = (project.path / PREDICTIONS).read_bytes()
    project.run("python", "-c", WHOLE.format(module=project.module))
    assert predicted == (project.path / "whole.csv").read_bytes()
    assert (project.path / BAD).read_text() == "row,reason\n120001,mean area: it is no number\n"
    for whole in (1, 2, 4):
        (project.path / PREDICTIONS).unlink()
        killed = project.run("python", "-c", KILLED.format(module=project.module, whole=whole), check=False)
        assert killed.returncode == -9
        assert not (project.path / PREDICTIONS).exists()

        said = project.run("make", "predict", "INPUT=new.csv").stdout

        assert ("an earlier run stopped after" in said) == (whole > 1)
        assert "159999 predictions: new.predictions.csv" in said
        assert (project.path / PREDICTIONS).read_bytes() == predicted
        assert (project.path / BAD).read_text() == "row,reason\n120001,mean area: it is no number\n"
    assert not list(project.path.glob("new.predictions*partial"))


def test_memory_does_not_grow_with_the_file(project: Project) -> None:
    one = (project.path / "new.csv").read_text(encoding="utf-8")
    (project.path / "four.csv").write_text(one + one.partition("\n")[2] * 3, encoding="utf-8")

    few, many = (
        int(project.run("python", "-c", MEMORY.format(module=project.module), name).stdout.split()[-1])
        for name in ("new.csv", "four.csv")
    )

    assert many < few * 1.25


def test_bad_rows_may_stop_it(project: Project) -> None:
    done = project.run("make", "predict", "INPUT=new.csv", "OUTPUT=other.csv", "OPTIONS=--stop", check=False)
    assert "predict: data row 120001: mean area: it is no number; nothing is written" in done.stderr
    assert not list(project.path.glob("other*"))
