"""A server of predictions, and what it is asked about."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Once
from tests.pipeline.conftest import promote
from tests.project import Project

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


@pytest.fixture(scope="session")
def used(once: Once, worse: Project) -> Project:
    """A project with a champion, version 1, and a challenger, version 2, which tells the classes less well."""

    def made(folder: Path) -> Project:
        project = worse.copy(folder)
        done = promote(project)
        assert done.returncode == 3, done.stderr
        return project

    return once("used", made)


@pytest.fixture(scope="session")
def server(used: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of it that tests only ask."""
    with serving(used.copy(tmp_path_factory.mktemp("served") / "project")) as server:
        yield server


def printed(project: Project, code: str) -> list[dict[str, Any]]:
    """The records that Python prints as JSON in a project."""
    found: list[dict[str, Any]] = json.loads(project.run("python", "-c", code).stdout)
    return found


@pytest.fixture(scope="session")
def rows(used: Project) -> list[dict[str, Any]]:
    """The test rows as they come from the source, and the champion's predictions of them."""
    code = (
        "from finished.common.files import read_parquet; test = read_parquet('data/processed/test.parquet').index; "
        "table = read_parquet('data/interim/table.parquet').drop(columns='diagnosis'); "
        "print(table.loc[test].to_json(orient='records', double_precision=15))"
    )
    return printed(used, code)


@pytest.fixture(scope="session")
def evaluated(promoted: Project) -> list[dict[str, Any]]:
    """The champion's predictions of the test rows, by its evaluation."""
    code = (
        "import json; from finished.common.files import read_parquet; "
        "t = read_parquet('reports/predictions.parquet').drop(columns='actual'); "
        "print(json.dumps(t.to_dict('records')))"
    )
    return printed(promoted, code)
