"""make ask: a person at a terminal answers questions, goes back, and hears the prediction and its reasons."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.project import Project

pytestmark = pytest.mark.slow

ROW = (
    "import json, pandas as pd; from {module}.modeling.predict import load; predictor = load(); "
    "row = {{one.name: one.example for one in predictor.inputs if one.required}}; "
    "print(json.dumps([list(row.items()), predictor.predict(pd.DataFrame([row])).to_dict('records')[0]]))"
)


def talk(project: Project, answers: list[str], *options: str) -> str:
    """What is said on a terminal at which these lines are typed."""
    ours, theirs = pty.openpty()
    command = ["python", "-m", "probado", "ask", "--module", project.module, *options]
    process = subprocess.Popen(
        command, cwd=project.path, env=project.environment, stdin=theirs, stdout=theirs, stderr=subprocess.STDOUT
    )
    os.close(theirs)
    os.write(ours, "".join(f"{answer}\n" for answer in answers).encode())
    said = b""
    try:
        while part := os.read(ours, 4096):
            said += part
    except OSError:
        pass  # The other end is closed.
    os.close(ours)
    assert process.wait(60) == 0, said.decode()
    return said.decode().replace("\r\n", "\n")


@pytest.fixture(scope="module")
def example(promoted: Project) -> tuple[list[str], dict[str, float]]:
    """The example of each input as it is typed, and its prediction."""
    items, predicted = json.loads(promoted.run("python", "-c", ROW.format(module=promoted.module)).stdout)
    return [str(value) for _, value in items], predicted


def test_a_person_is_asked_goes_back_and_hears_why(
    promoted: Project, example: tuple[list[str], dict[str, float]]
) -> None:
    typed, predicted = example
    # A word, a number far off that is taken back, then the row, then nothing more.
    said = talk(promoted, ["many", "1e9", "<", *typed, "q"])

    assert "Version 1. " in said
    assert "mean radius (number; in training 6.981 to 28.11; such as " in said
    assert said.count("a number is needed, such as ") == 1 and said.count("outside of what training had") == 1
    assert f"Prediction: {predicted['predicted']}\n" in said
    share = predicted[f"p({predicted['predicted']})"]
    assert f"{share:.4f}\n" in said
    assert f"It rests on (log-odds of {predicted['predicted']}, from " in said


def test_spanish_and_an_unfinished_row(promoted: Project, example: tuple[list[str], dict[str, float]]) -> None:
    said = talk(promoted, ["20,5", "", "q"], "--lang", "es")
    assert "mean texture (número; en el entrenamiento de " in said and "Predicción" not in said

    said = talk(promoted, [*example[0][:-1], "", "<", example[0][-1], "q"], "--lang", "es")
    assert "it is missing" in said or said.count("Predicción: ") == 2
    assert "Predicción: " in said


def test_no_model_is_said_in_one_line(promoted: Project, tmp_path: Path) -> None:
    project = promoted.copy(tmp_path / "project")
    (project.path / "mlflow.db").unlink()
    (project.path / "models/manifest.json").unlink()

    done = project.run("probado", "ask", "--module", project.module, check=False)

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "probado ask: the model's process ended: what it said stands above"
