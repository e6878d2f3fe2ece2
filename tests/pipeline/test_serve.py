"""make serve: the same numbers as the pipeline's, within limits, while versions change and processes die."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.project import Project

pytestmark = pytest.mark.slow

Answer = tuple[int, dict[str, Any]]


class Server:
    """A server that runs, and how it is asked."""

    def __init__(self, project: Project, process: subprocess.Popen[str], port: int) -> None:
        self.project, self.process, self.port = project, process, port

    def ask(self, body: Any, path: str = "/predict", **headers: str) -> Answer:
        """Send a body, as it is if it is bytes, else as JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            sent = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
            connection.request("GET" if sent is None else "POST", path, sent, headers)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text[:1] in b"{[" else {"text": text.decode()}
        finally:
            connection.close()

    def workers(self) -> list[int]:
        """The processes of versions."""
        done = subprocess.run(["pgrep", "-P", str(self.process.pid), "-f", "serve.process"], capture_output=True)
        return [int(number) for number in done.stdout.split()]

    def log(self) -> list[dict[str, Any]]:
        """A line for each request."""
        [file] = (self.project.path / ".life/served").iterdir()
        return [json.loads(line) for line in file.read_text().splitlines()]


@contextmanager
def serving(project: Project, *options: str, **variables: str) -> Iterator[Server]:
    """A server of a project on a port that is free."""
    command = ["python", "-m", "probado", "serve", "--module", project.module, "--port", "0", *options]
    environment = {**project.environment, **variables}
    process = subprocess.Popen(command, cwd=project.path, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        said = process.stdout.readline()
        assert said.startswith("predictions at http://127.0.0.1:"), said
        yield Server(project, process, int(said.rpartition(":")[2]))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


@pytest.fixture(scope="module")
def used(worse: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with a champion, version 1, and a challenger, version 2, which tells the classes less well."""
    project = worse.copy(tmp_path_factory.mktemp("used") / "project")
    done = project.run("probado", "promote", "--module", project.module, "--unproven", check=False)
    assert done.returncode == 3, done.stderr
    return project


@pytest.fixture(scope="module")
def server(used: Project) -> Iterator[Server]:
    """A server of it that tests only ask."""
    with serving(used) as server:
        yield server


@pytest.fixture(scope="module")
def rows(used: Project) -> list[dict[str, Any]]:
    """The test rows as they come from the source, and the champion's predictions of them."""
    code = (
        "import json, pandas as pd; test = pd.read_parquet('data/processed/test.parquet').index; "
        "print(pd.read_parquet('data/interim/table.parquet').loc[test].to_json(orient='records', double_precision=15))"
    )
    found: list[dict[str, Any]] = json.loads(used.run("python", "-c", code).stdout)
    return found


@pytest.fixture(scope="module")
def evaluated(promoted: Project) -> list[dict[str, Any]]:
    """The champion's predictions of the test rows, by its evaluation."""
    code = (
        "import json, pandas as pd; t = pd.read_parquet('reports/predictions.parquet').drop(columns='actual'); "
        "print(json.dumps(t.to_dict('records')))"
    )
    found: list[dict[str, Any]] = json.loads(promoted.run("python", "-c", code).stdout)
    return found


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


def test_who_has_no_key_gets_nothing(used: Project, rows: list[dict[str, Any]]) -> None:
    with serving(used, PROBADO_KEY="secret") as server:
        refused = (401, {"error": "the header X-API-Key must hold the key"})
        assert server.ask(rows[0]) == refused
        assert server.ask(rows[0], **{"X-API-Key": "Secret"}) == refused
        assert server.ask(rows[0], **{"X-API-Key": "secret"})[0] == 200
        assert server.ask(None, "/health")[0] == 200


def test_a_promotion_under_load_drops_no_request(used: Project, rows: list[dict[str, Any]], tmp_path: Path) -> None:
    project = used.copy(tmp_path / "project")
    statuses: list[int] = []
    versions: list[str] = []
    stop = threading.Event()

    with serving(project) as running:

        def ask() -> None:
            while not stop.is_set():
                status, answer = running.ask(rows[0])
                statuses.append(status)
                versions.append(answer.get("version", ""))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            project.run("probado", "rollback", "--module", project.module, "--version", "2")
            until = time.monotonic() + 60
            while "2" not in versions[-4:] and time.monotonic() < until:
                stop.wait(0.05)
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    assert set(statuses) == {200}
    assert set(versions) == {"1", "2"}
    assert versions == sorted(versions) or versions[-1] == "2"


def test_a_model_whose_process_is_killed_is_started_again(used: Project, rows: list[dict[str, Any]]) -> None:
    with serving(used) as server:
        [worker] = server.workers()
        os.kill(worker, signal.SIGKILL)

        assert [server.ask(rows[0])[0] for _ in range(3)] == [200, 200, 200]
        assert server.workers() != [worker]


def test_the_challenger_is_tried_on_a_share_and_unheard(
    used: Project, rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    project = used.copy(tmp_path / "project")
    with serving(project, "--canary", "0.5", "--shadow") as server:
        answered = [server.ask(rows[0], **{"X-Request-ID": f"one-{number}"})[1]["version"] for number in range(40)]
        again = [server.ask(rows[0], **{"X-Request-ID": f"one-{number}"})[1]["version"] for number in range(40)]

    assert 8 < answered.count("2") < 32 and answered.count("1") == 40 - answered.count("2")
    assert again == answered
    log = [line for line in server.log() if line["id"].startswith("one-")]
    shadowed = [line["id"] for line in log if line["what"] == "shadow"]
    assert shadowed and all(line["version"] == "2" for line in log if line["what"] == "shadow")
    assert set(shadowed) == {f"one-{number}" for number, version in enumerate(answered) if version == "1"}
    heard = [line for line in log if line["what"] == "predict"]
    assert len(heard) == 80 and all(line["rows"] == [rows[0]] and line["predictions"] for line in heard)


def test_a_signal_lets_requests_end(used: Project, rows: list[dict[str, Any]]) -> None:
    found: list[int] = []
    with serving(used) as server:
        body = json.dumps(rows[0]).encode()
        with socket.create_connection(("127.0.0.1", server.port)) as slow:
            slow.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:100])
            server.ask(None, "/health")
            server.process.send_signal(signal.SIGTERM)
            while server.process.poll() is None:
                try:
                    socket.create_connection(("127.0.0.1", server.port)).close()
                except OSError:
                    break
            slow.sendall(body[100:])
            found.append(int(slow.recv(100).split()[1]))
    assert found == [200]
    assert server.workers() == []


def test_without_a_champion_the_present_model_answers(project: Project, rows: list[dict[str, Any]]) -> None:
    with serving(project) as server:
        assert server.ask(rows[0])[1]["version"] == "unregistered"


def test_what_cannot_be_served_is_said_in_one_line(project: Project) -> None:
    def said(*options: str) -> str:
        done = project.run("probado", "serve", "--module", project.module, *options, check=False)
        assert done.returncode == 1
        return done.stderr

    assert said("--canary", "2") == "probado serve: --canary must be a share from 0 to 1, found 2\n"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"probado serve: 127.0.0.1:{port} cannot be listened on" in said("--port", port)
    (project.path / "models/manifest.json").unlink()
    lines = said("--port", "0").splitlines()
    assert lines[-1] == "probado serve: version unregistered cannot be loaded: what it said stands above"
    assert "there is no model in" in lines[-2]
