"""Tolerances that are measured: as wide as the reruns need, never wider than asked, and what they let through."""

from __future__ import annotations

import re

import pytest
import yaml

from probado.cli import main
from tests.probado.conftest import Make, Prove, Repository, stage

pytestmark = pytest.mark.slow

# Scores that vary in the last digits, as sums of threads do, beside names that do not.
NOISE = """import csv, os, random
from pathlib import Path
chance = random.SystemRandom()
with open("scores.csv", "w", newline="") as file:
    rows = csv.writer(file)
    rows.writerow(["name", "score", "loss"])
    for number in range(1, 9):
        score = number * (1 + {0} * chance.uniform(-1, 1))
        rows.writerow([f"n{number}", score, number % 2 + chance.uniform(-{0}, {0})])
"""


@pytest.fixture
def noisy(make: Make) -> Repository:
    code = NOISE.replace("{0}", "1e-9")
    return make({"score": stage("python score.py", ["raw.txt", "score.py"], "scores.csv")}, **{"score.py": code})


def test_what_it_says_is_pasted_and_proves(noisy: Repository, prove: Prove) -> None:
    verdict = prove(noisy, "--calibrate", "1e-3", "--reruns", "6")
    assert verdict.status == 1
    (told,) = re.findall(r"--calibrate: outs of score: (.+)", verdict.said)
    columns = yaml.safe_load(told)[0]["scores.csv"]["meta"]["compare"]["columns"]
    assert set(columns) == {"score", "loss"}
    assert 1e-10 < columns["score"]["rtol"] < 1e-8
    # Values near zero have no relative tolerance.
    assert 1e-10 < columns["loss"]["atol"] < 1e-8


def test_a_tolerance_is_never_wider_than_asked(noisy: Repository, prove: Prove) -> None:
    verdict = prove(noisy, "--calibrate", "1e-12", "--reruns", "3")
    assert "needs" in verdict.said and "more than 1e-12" in verdict.said
    assert "outs of score" not in verdict.said


def test_what_is_no_number_is_not_covered(make: Make, prove: Prove) -> None:
    code = "import uuid\nopen('names.json', 'w').write('{\"name\": \"' + str(uuid.uuid4()) + '\"}')"
    repository = make({"name": stage("python name.py", ["name.py"], "names.json")}, **{"name.py": code})
    verdict = prove(repository, "--calibrate", "0.1", "--reruns", "3")
    assert "no tolerance covers it: name holds other values that are no numbers" in verdict.said


def test_a_steady_output_needs_none(make: Make, prove: Prove) -> None:
    repository = make({"sort": stage("sort raw.txt > sorted.txt", ["raw.txt"], "sorted.txt")})
    verdict = prove(repository, "--calibrate", "0.1", "--reruns", "3")
    assert verdict.status == 0 and "sorted.txt (sort): all reruns gave the committed bytes" in verdict.said


@pytest.mark.parametrize("given", [("--calibrate", "2"), ("--calibrate", "x"), ("--reruns", "2")])
def test_an_option_that_is_not_understood(given: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["prove", ".", *given])
    assert stopped.value.code == 2 and "expected a" in capsys.readouterr().err
