"""The page of the verdict holds the numbers of its results and of the benchmarks."""

from __future__ import annotations

import hashlib
import json
import math
import statistics
from typing import Any

import pytest

from tests.project import TEMPLATE
from tests.site.test_site import DOCS

RESULTS = DOCS / "assets" / "verdict"
METRICS = ["proton_iron_auc", "proton_iron_merit_factor"]
MODELS = ["discriminant", "trees", "network on features", "network on traces"]
# Student's quantile for 95 % and four degrees of freedom: five seeds.
QUANTILE = 2.7764451051977987


def results() -> dict[int, list[dict[str, Any]]]:
    """The models' metrics of each seed, by the number of training showers."""
    found: dict[int, list[dict[str, Any]]] = {}
    for path in sorted(RESULTS.glob("*-*.json"), key=lambda path: tuple(map(int, path.stem.split("-")))):
        result = json.loads(path.read_text(encoding="utf-8"))
        found.setdefault(result["train"], []).append(result["models"])
    assert {number: len(seeds) for number, seeds in found.items()} == dict.fromkeys([1000, 5000, 20000, 50000], 5)
    return found


def rows(metric: str) -> list[str]:
    """The lines of a metric's two tables: each model, and each network minus the discriminant."""
    lines, differences = [], []
    for number, seeds in results().items():
        values = {model: [seed[model][metric] for seed in seeds] for model in MODELS}
        cells = [f"{statistics.mean(of):.3f} ± {statistics.stdev(of):.3f}" for of in values.values()]
        lines.append(f"| {number:,} | {' | '.join(cells)} |")
        cells = []
        for model in MODELS[2:]:
            of = [one - other for one, other in zip(values[model], values["discriminant"], strict=True)]
            half = QUANTILE * statistics.stdev(of) / math.sqrt(len(of))
            cells += [f"{statistics.mean(of):+.3f} ± {half:.3f}", f"{sum(one > 0 for one in of)} / {len(of)}"]
        differences.append(f"| {number:,} | {' | '.join(cells)} |")
    return lines + differences


@pytest.mark.parametrize("page", ["verdict.md", "es/verdict.md"])
@pytest.mark.parametrize("metric", METRICS)
def test_the_tables_are_those_of_the_results(page: str, metric: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    assert [row for row in rows(metric) if row not in text] == []


@pytest.mark.parametrize("page", ["verdict.md", "es/verdict.md"])
def test_what_it_takes_is_what_the_benchmarks_say(page: str) -> None:
    groups = json.loads((TEMPLATE / "benchmarks" / "results.json").read_text(encoding="utf-8"))["groups"]
    text = (DOCS / page).read_text(encoding="utf-8")
    for figure in groups["account"]["figures"]:
        template, script = (f"{statistics.median(values):.0f} {figure['unit']}" for values in figure["sides"].values())
        assert f"| {script} | {template} |" in text, figure


def test_the_proofs_cover_every_result() -> None:
    proofs = json.loads((RESULTS / "proofs.json").read_text(encoding="utf-8"))
    files = [*RESULTS.glob("*-*.json"), RESULTS / "tuning.json"]
    hashes = {path.name: hashlib.md5(path.read_bytes()).hexdigest() for path in files}

    assert {proof["verdict"] for proof in proofs} == {"EXACT"} and len(hashes) == 21
    outputs = [output for proof in proofs for output in proof["outputs"]]
    assert {output["path"].rpartition("/")[2]: output["found"] for output in outputs} == hashes
