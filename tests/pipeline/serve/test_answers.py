"""Answers of make serve: the same numbers as the pipeline's, and a sentence for each mistake."""

from __future__ import annotations

import http.client
import json
import math
import os
import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.pipeline.serve.conftest import Server

pytestmark = pytest.mark.slow


def test_the_numbers_are_those_of_the_evaluation(
    server: Server, rows: list[dict[str, Any]], evaluated: list[dict[str, Any]]
) -> None:
    status, together = server.ask(rows)
    assert (status, together["version"]) == (200, "1")
    assert together["predictions"] == [{"row": number, **one} for number, one in enumerate(evaluated, 1)]

    status, alone = server.ask(rows[7])
    assert (status, alone["predictions"]) == (200, [{"row": 1, **evaluated[7]}])


def test_many_at_once_get_each_their_own_numbers(
    server: Server, rows: list[dict[str, Any]], evaluated: list[dict[str, Any]]
) -> None:
    wrong: list[int] = []

    def ask(first: int) -> None:
        for number in range(first, len(rows), 8):
            status, answer = server.ask(rows[number])
            if status != 200 or answer["predictions"] != [{"row": 1, **evaluated[number]}]:
                wrong.append(number)

    threads = [threading.Thread(target=ask, args=(first,)) for first in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        (lambda row: b"", 400, "the body must be JSON"),
        (lambda row: b"{", 400, "the body must be JSON"),
        (lambda row: b"[" * 100_000, 400, "the body must be JSON"),
        (lambda row: json.dumps(row | {"mean area": float("nan")}).encode(), 400, "NaN is no number of JSON"),
        (lambda row: json.dumps(row).replace(str(row["mean area"]), "1e999").encode(), 422, "must be a finite number"),
        (lambda row: row | {"mean area": 10**400}, 422, "row 1: 'mean area' must be a finite number"),
        (lambda row: row | {"mean area": "1001"}, 422, "row 1: 'mean area' must be a number or null, found '1001'"),
        (lambda row: row | {"mean area": True}, 422, "row 1: 'mean area' must be a number or null, found True"),
        (lambda row: {}, 422, "row 1: it lacks 'mean radius', 'mean texture'"),
        (lambda row: [row, 5], 422, "row 2: it must be an object of names and values"),
        (lambda row: [], 422, "a request may have 1 to 1000 rows, found 0"),
        (lambda row: [{}] * 1001, 422, "a request may have 1 to 1000 rows, found 1001"),
        (lambda row: b" " * (2**20 + 1), 413, "the body may have 1048576 bytes"),
        (lambda row: row | {"mean area": None}, 200, ""),
        (lambda row: row | {"a column of no use": "x"}, 200, ""),
    ],
    ids="empty,cut,deep,nan,infinite,huge,text,true,nothing,no object,no row,many,large,missing,further".split(","),
)
def test_each_mistake_has_its_answer(
    server: Server, rows: list[dict[str, Any]], change: Callable[[dict[str, Any]], Any], status: int, said: str
) -> None:
    found, answer = server.ask(change(rows[0]))

    assert found == status, answer
    assert said in answer.get("error", "")


def test_an_explanation_adds_up_to_the_prediction(server: Server, rows: list[dict[str, Any]]) -> None:
    predicted = server.ask(rows[:3])[1]["predictions"]
    status, told = server.ask(rows[:3], "/explain")

    assert (status, told["version"]) == (200, "1")
    for one, prediction in zip(told["explanations"], predicted, strict=True):
        each = [part["contribution"] for part in one["contributions"]]
        assert one["row"] == prediction["row"] and one["of"] == f"log-odds of {prediction['predicted']}"
        assert len(each) == 30 and each == sorted(each, key=lambda value: -abs(value))
        share = 1 / (1 + math.exp(-one["base"] - sum(each)))
        assert share == pytest.approx(prediction[f"p({prediction['predicted']})"], abs=1e-6)
    assert server.ask(rows[:21], "/explain") == (422, {"error": "a request may have 1 to 20 rows, found 21"})


def test_people_ask_in_a_form(server: Server, rows: list[dict[str, Any]], evaluated: list[dict[str, Any]]) -> None:
    def ask(**changes: Any) -> tuple[int, str]:
        given = {f"of {name}": value for name, value in rows[0].items()} | changes
        status, answer = server.ask(urlencode(given).encode(), "/")
        return status, answer["text"]

    empty = server.ask(None, "/")[1]["text"]
    assert all(f'name="of {name}"' in empty for name in rows[0]) and "http" not in empty
    status, page = ask()
    assert status == 200
    assert f"Prediction: {evaluated[0]['predicted']}" in page
    assert f">{max(evaluated[0][f'p({name})'] for name in ('benign', 'malignant')):.4f}<" in page
    assert "What it rests on" in page and "20 others" in page
    assert "Predicción: " in ask(lang="es", **{"of mean area": "1001,5"})[1]
    assert 'lang="es"' in server.ask(None, "/", **{"Accept-Language": "es-AR,es;q=0.9"})[1]["text"]
    status, page = ask(**{"of mean area": "<b>1</b>"})
    assert status == 422
    assert "mean area: a number is needed, found &#39;&lt;b&gt;1&lt;/b&gt;&#39;" in page
    assert ask(**{"of mean area": ""})[0] == 200
    assert server.ask(b"\xff", "/")[0] == 422


def test_other_paths_and_methods_are_refused(server: Server) -> None:
    assert server.ask(None, "/nothing")[0] == 404
    assert server.ask(None, "/predict")[0] == 405
    assert server.ask(None, "/health") == (200, {"status": "alive"})
    assert server.ask(None, "/ready") == (200, {"version": "1", "ready": True})


def test_the_interface_describes_itself(server: Server) -> None:
    described = server.ask(None, "/openapi.json")[1]
    content = described["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]

    assert content["schema"]["oneOf"][0]["properties"]["mean area"]["description"].startswith(
        "number; in training from"
    )
    assert server.ask(content["example"])[0] == 200


def test_prometheus_reads_the_counts(server: Server, rows: list[dict[str, Any]]) -> None:
    def count() -> float:
        text = server.ask(None, "/metrics")[1]["text"]
        lines = [line for line in text.splitlines() if line.startswith('rows_total{version="1",what="predict"}')]
        return float(lines[0].split()[-1]) if lines else 0

    before = count()
    server.ask(rows[:5])
    assert count() == before + 5


def test_nonsense_is_never_a_fault_and_takes_no_memory(server: Server, rows: list[dict[str, Any]]) -> None:
    draw = random.Random(1)
    values: list[Any] = [None, True, -1, 1.5, 10**30, "", "x", "\x00", "ñ", [], {}, [1], {"a": 1}, 1e308]
    names = list(rows[0])

    def body() -> bytes:
        kind = draw.randrange(4)
        if kind == 0:
            return draw.randbytes(draw.randrange(200))
        if kind == 1:
            return json.dumps(draw.choice(values)).encode()
        row = dict(rows[0]) | {draw.choice(names): draw.choice(values) for _ in range(draw.randrange(1, 4))}
        text = json.dumps([row] * draw.randrange(1, 3)).encode()
        return text if kind == 2 else text[: draw.randrange(len(text))]

    def memory() -> int:
        pages = [
            int(Path(f"/proc/{one}/statm").read_text().split()[1]) for one in (server.process.pid, *server.workers())
        ]
        return sum(pages) * os.sysconf("SC_PAGE_SIZE")

    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    statuses: dict[int, int] = {}
    before = 0
    for number in range(10_000):
        connection.request("POST", "/predict", body())
        answer = connection.getresponse()
        answer.read()
        statuses[answer.status] = statuses.get(answer.status, 0) + 1
        if number == 2000:
            before = memory()
    connection.close()
    assert statuses.keys() <= {200, 400, 422}, statuses
    assert memory() - before < 30 * 2**20
