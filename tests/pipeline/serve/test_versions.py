"""make serve while versions change and processes die, and who may ask."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.serve.conftest import serving
from tests.project import Project

pytestmark = pytest.mark.slow


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
