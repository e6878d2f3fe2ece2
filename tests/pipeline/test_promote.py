"""make promote and make rollback: the gate, the registry, and what a killed promotion leaves."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.conftest import promote
from tests.project import Project

pytestmark = pytest.mark.slow

# The registry's own steps, each of which a test stops by killing the process that is about to take it.
STEPS = [
    "set_registered_model_tag",
    "set_model_version_tag",
    "set_registered_model_alias",
    "delete_registered_model_tag",
]


def asked(project: Project, question: str) -> Any:
    """What the registry answers: `r` is the registry."""
    code = (
        "from pathlib import Path; import json; from probado.life.registry import Registry; "
        f"r = Registry({project.module!r}, Path()); print(json.dumps({question}))"
    )
    return json.loads(project.run("python", "-W", "ignore", "-c", code).stdout)


def log(project: Project) -> list[dict[str, Any]]:
    path = project.path / ".life/promotions.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []


@pytest.fixture
def champion(promoted: Project, tmp_path: Path) -> Project:
    """A copy of it for one test to act on."""
    return promoted.copy(tmp_path / "project")


def test_a_first_model_becomes_the_champion_and_is_known_again(champion: Project) -> None:
    assert asked(champion, "r.champion()") == "1"
    [line] = log(champion)
    assert (line["outcome"], line["before"], line["proof"]) == ("champion", None, "not asked for")
    assert [finding["held"] for finding in line["findings"]] == [True, True]

    again = promote(champion)

    assert (again.returncode, again.stdout) == (0, "version 1 is this model, and the champion already\n")
    assert len(log(champion)) == 1


def test_without_a_proof_nothing_is_registered(project: Project) -> None:
    done = project.run("make", "promote", check=False)

    assert done.returncode != 0
    assert "no proof stands behind this model: make prove first, or UNPROVEN=1" in done.stderr
    assert asked(project, "[r.champion(), r.client.search_model_versions('') == []]") == [None, True]


def test_a_worse_model_is_the_challenger_and_rollback_undoes_a_persons_choice(worse: Project, tmp_path: Path) -> None:
    champion = worse.copy(tmp_path / "project")

    refused = champion.run("make", "promote", "UNPROVEN=1", check=False)

    assert " NO  better roc_auc than the champion, version 1: by -0." in refused.stdout
    assert refused.stdout.splitlines()[-1] == "version 2 is the challenger, after version 1; proof: not asked for"
    assert promote(champion).returncode == 3
    assert asked(champion, "[r.champion(), len(r.client.search_model_versions(''))]") == ["1", 2]

    champion.run("make", "rollback", "VERSION=2")
    assert asked(champion, "r.champion()") == "2"
    champion.run("make", "rollback")
    assert asked(champion, "[r.champion(), r.champions()]") == ["1", ["1"]]
    nothing = champion.run("make", "rollback", check=False)
    assert "there is no champion before the present one: name a version" in nothing.stderr
    assert [line["action"] for line in log(champion)] == ["promote", "promote", "promote", "rollback", "rollback"]


@pytest.mark.parametrize("step", STEPS)
def test_what_a_killed_promotion_had_decided_is_finished(worse: Project, tmp_path: Path, step: str) -> None:
    champion = worse.copy(tmp_path / "project")
    kill = (
        "import os, sys; import mlflow; from probado.cli import main; "
        f"setattr(mlflow.MlflowClient, {step!r}, lambda *_, **__: os._exit(9)); "
        f"main(['promote', '--module', {champion.module!r}, '--unproven'])"
    )

    assert champion.run("python", "-W", "ignore", "-c", kill, check=False).returncode == 9

    done = champion.run("make", "rollback", "VERSION=1")
    decided = step != STEPS[0]
    said = ["a stopped promote is finished: version 2 is the challenger"] * decided
    assert done.stdout.splitlines() == [*said, "version 1 is the champion already"]
    aliases = asked(champion, "r.client.get_registered_model(r.name).aliases")
    assert aliases == {"champion": 1} | ({"challenger": 2} if decided else {})
    assert not asked(champion, "'probado.pending' in r.client.get_registered_model(r.name).tags")
    assert [line["version"] for line in log(champion)] == ["1", *["2"] * decided]


def test_of_two_promotions_at_once_one_does_nothing(champion: Project) -> None:
    hold = (
        "import sys, time; from pathlib import Path; from probado.life.decision import only_one\n"
        "with only_one(Path()): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        ["python", "-c", hold], cwd=champion.path, env=champion.environment, text=True, stdin=-1, stdout=-1
    ) as holder:
        assert holder.stdout and holder.stdout.readline() == "held\n"
        second = promote(champion)
        assert holder.stdin
        holder.stdin.close()

    assert second.returncode == 1
    assert second.stderr == (
        "probado promote: another promotion or rollback of this project is running: this one did nothing\n"
    )


def test_a_version_whose_files_were_changed_is_not_used(worse: Project, tmp_path: Path) -> None:
    champion = worse.copy(tmp_path / "project")
    [model] = champion.path.glob(".life/versions/*/models/model.*")
    model.write_bytes(model.read_bytes() + b" ")

    compared = promote(champion)

    assert compared.returncode == 3
    assert f"{model.name} is not the file that was registered" in compared.stdout
    back = champion.run("probado", "rollback", "--module", champion.module, "--version", "2")
    assert back.stdout.startswith("version 2 is the champion, after version 1")
    assert champion.run("make", "rollback", check=False).stderr.startswith(f"probado rollback: {model}")


def test_a_model_that_predicts_otherwise_than_it_was_evaluated_is_refused(project: Project) -> None:
    path = f"{project.module}/new_rows.py"
    project.edit(path, "    return Made(features, names, reasons)", "    return Made(features * 1.01, names, reasons)")

    done = promote(project)

    assert done.returncode == 1
    assert "test rows are predicted otherwise than in reports/predictions.parquet" in done.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("criteria: [{metric: roc}]", "success.yaml: there is no metric 'roc'; did you mean 'roc_auc'?"),
        ("criteria: [{operator: better}]", "success.yaml: criteria.0.operator: Input should be '>', '>=', '<' or '<='"),
        ("lead: {margins: 1}", "success.yaml: lead.margins: Extra inputs are not permitted"),
        ("criteria: [{slice: {sex: f}}]", "success.yaml: slice: the data have no column 'sex'"),
        ("criteria: [", "success.yaml is no YAML"),
    ],
    ids=["metric", "operator", "key", "slice", "yaml"],
)
def test_a_mistake_in_the_criteria_is_named(project: Project, text: str, message: str) -> None:
    (project.path / "success.yaml").write_text(text)

    done = promote(project)

    assert done.returncode == 1
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_changed_project_is_trained_first(project: Project) -> None:
    project.select(model="logistic")

    done = promote(project)

    assert done.returncode == 1
    assert "evaluate, train changed since the model was evaluated: make train first" in done.stderr


def test_a_server_that_cannot_be_reached_is_said_in_one_line(project: Project) -> None:
    done = promote(project, MLFLOW_TRACKING_URI="http://127.0.0.1:9", MLFLOW_HTTP_REQUEST_MAX_RETRIES="0")

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("probado promote: MLflow's registry at http://127.0.0.1:9 cannot")
    assert os.linesep not in done.stderr.strip()
