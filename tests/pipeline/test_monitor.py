"""make monitor: alarms where rows have changed, at the nominal rate where they have not, and who is told."""

from __future__ import annotations

import json
import socketserver
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.project import Project

pytestmark = pytest.mark.slow

ROWS = """
import pandas as pd
from finished.common.files import read_parquet
rows = read_parquet("data/interim/table.parquet").drop(columns="diagnosis").sample(300, random_state=1)
rows.to_csv("clean.csv", index=False)
rows.assign(**{"mean area": rows["mean area"] * 1.3}).to_csv("larger.csv", index=False)
rows.assign(**{"mean area": rows["mean area"].where(rows.index % 4 != 0)}).to_csv("gaps.csv", index=False)
rows[:20].to_csv("few.csv", index=False)
"""
RATE = """
import numpy as np
from probado.life.watch.drift import shifts
from probado.life.watch.profile import Profile, column_of
import pandas as pd
draw = np.random.default_rng(1)

def window(size, shift=0.0):
    columns = {"a": draw.normal(shift, 1, size), "b": draw.exponential(size=size)}
    found = {name: column_of(pd.Series(values), True) for name, values in columns.items()}
    found["c"] = column_of(pd.Series(draw.choice(list("uvw"), size, p=[0.5, 0.3, 0.2])), False)
    return Profile(rows=size, inputs=found, predictions={})

def alarms(count, **changes):
    found = [shifts(window(1000), window(300, **changes), 0.95, 0.0) for _ in range(count)]
    return sum(any(one.drifted for one in each) for each in found)

print(alarms(600), alarms(100, shift=0.5))
"""


@pytest.fixture(scope="module")
def watched(promoted: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with a champion, and files of rows."""
    project = promoted.copy(tmp_path_factory.mktemp("watched") / "project")
    project.run("python", "-c", ROWS)
    return project


@pytest.fixture
def project(watched: Project, tmp_path: Path) -> Project:
    return watched.copy(tmp_path / "project")


def monitor(project: Project, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return project.run("probado", "monitor", "--module", project.module, *options, check=False, **variables)


def history(project: Project) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (project.path / ".life/monitor.jsonl").read_text().splitlines()]


def changed(look: dict[str, Any]) -> list[str]:
    return [shift["column"] for shift in look["shifts"] if shift["drifted"]]


def test_a_file_of_other_rows_is_told_from_one_of_the_same(project: Project) -> None:
    (project.path / "monitor.yaml").write_text("{owner: Ana, confidence: 0.99}\n")
    for name, status, said in (
        ("clean", 0, "UNCHANGED"),
        ("larger", 3, "CHANGED"),
        ("gaps", 3, "CHANGED"),
        ("few", 0, "TOO FEW ROWS"),
    ):
        done = monitor(project, "--input", f"{name}.csv")
        assert (done.returncode, done.stdout.splitlines()[-2]) == (status, said), done.stdout + done.stderr
        assert done.stdout.startswith(f"version 1: {20 if name == 'few' else 300} rows of {name}.csv\n")

    looks = history(project)
    assert [look["verdict"] for look in looks] == ["UNCHANGED", "CHANGED", "CHANGED", "TOO FEW ROWS"]
    assert changed(looks[1]) == ["mean area"]
    assert [shift["test"] for shift in looks[2]["shifts"] if shift["drifted"]] == ["missing, Fisher"]
    assert "TOO FEW ROWS" in (project.path / ".life/monitor.html").read_text()


def served(project: Project, count: int, **changes: Any) -> None:
    """Add requests of a row each to the log, as make serve writes it."""
    folder = project.path / ".life/served"
    folder.mkdir(parents=True, exist_ok=True)
    code = (
        "import json, pandas as pd; rows = pd.read_csv('clean.csv'); "
        f"from {project.module}.modeling.predict import load; "
        "print(json.dumps([rows.to_dict('records'), load().predict(rows).to_dict('records')]))"
    )
    rows, predictions = json.loads(project.run("python", "-c", code).stdout)
    now = datetime.now(UTC)
    with (folder / f"{now:%Y-%m-%d}.jsonl").open("a") as file:
        for number in range(count):
            line = {"time": now.isoformat(), "id": f"one-{number}", "what": "predict", "status": 200, "version": "1"}
            line |= {"rows": [rows[number]], "predictions": [{"row": 1, **predictions[number]}], **changes}
            file.write(json.dumps(line) + "\n")


def test_the_requests_of_the_champion_are_looked_at(project: Project) -> None:
    served(project, 200)
    served(project, 7, status=422, error="row 1: it lacks 'mean area'")
    served(project, 90, version="2")
    served(project, 90, what="shadow")
    served(project, 90, time=(datetime.now(UTC) - timedelta(days=2)).isoformat())
    [log] = (project.path / ".life/served").iterdir()
    log.write_text(log.read_text() + '{"time": "2026-')

    done = monitor(project)

    assert done.stdout.startswith("version 1: 200 rows of 207 requests in the last day, of which 7 could not be used\n")
    assert (done.returncode, history(project)[0]["verdict"]) == (0, "UNCHANGED")


def test_labels_show_that_predictions_became_worse(project: Project) -> None:
    served(project, 200)
    [log] = (project.path / ".life/served").iterdir()
    said = [json.loads(line) for line in log.read_text().splitlines()]
    found = {line["id"]: line["predictions"][0]["predicted"] for line in said}
    other = {"benign": "malignant", "malignant": "benign"}

    def labels(wrong: int) -> None:
        lines = [f"{name},{other[one] if n < wrong else one}" for n, (name, one) in enumerate(found.items()) if n < 150]
        (project.path / "labels.csv").write_text("id,actual\n" + "\n".join(lines) + "\n")

    labels(wrong=5)
    assert monitor(project, "--labels", "labels.csv").returncode == 0
    labels(wrong=60)
    done = monitor(project, "--labels", "labels.csv")
    assert done.returncode == 3
    assert "200 requests in the last day, 150 with labels" in done.stdout
    assert changed(history(project)[1]) == ["wrong classes"]


@contextmanager
def listening(server: socketserver.TCPServer) -> Iterator[int]:
    """Run a server in a thread; yields its port."""
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield int(server.socket.getsockname()[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def webhook(received: list[str]) -> HTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    return HTTPServer(("127.0.0.1", 0), Handler)


def mailbox(received: list[str]) -> socketserver.TCPServer:
    """A server of mail that takes every message (RFC 5321)."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline():
                if line.upper().startswith(b"DATA"):
                    self.wfile.write(b"354 go on\r\n")
                    received.append(b"".join(iter(self.rfile.readline, b".\r\n")).decode())
                self.wfile.write(b"221 bye\r\n" if line.upper().startswith(b"QUIT") else b"250 ok\r\n")
                if line.upper().startswith(b"QUIT"):
                    break

    return socketserver.TCPServer(("127.0.0.1", 0), Handler)


def test_people_are_told_by_mail_and_webhook(project: Project) -> None:
    posts: list[str] = []
    mails: list[str] = []
    (project.path / "monitor.yaml").write_text("owner: Ana\n")
    with listening(webhook(posts)) as web, listening(mailbox(mails)) as mail:
        mailto = f"mailto://127.0.0.1:{mail}?from=model@example.org&to=ana@example.org&mode=insecure"
        done = monitor(project, "--input", "larger.csv", PROBADO_NOTIFY=f"json://127.0.0.1:{web}/ {mailto}")
        assert monitor(project, "--input", "clean.csv", PROBADO_NOTIFY=f"json://127.0.0.1:{web}/").returncode == 0

    assert (done.returncode, done.stdout.splitlines()[-1]) == (3, "the alert was sent"), done.stderr
    [post], [text] = posts, mails
    assert "changed  input mean area" in post and "Ana: " in post
    assert "To: ana@example.org" in text and "Subject: Ana: " in text

    done = monitor(project, "--input", "larger.csv", PROBADO_NOTIFY="json://user:secret@127.0.0.1:9/")
    assert done.returncode == 1
    assert done.stderr == "probado monitor: the alert was not delivered to address 1 of PROBADO_NOTIFY\n"


def test_clean_rows_give_alarms_at_the_nominal_rate(watched: Project) -> None:
    clean, shifted = map(int, watched.run("python", "-c", RATE).stdout.split())

    # 95 % of binomial draws of 600 at 0.05.
    assert 20 <= clean <= 41
    assert shifted == 100


Change = Callable[[Project], Any]


@pytest.mark.parametrize(
    ("change", "options", "said"),
    [
        (lambda project: (project.path / "monitor.yaml").write_text("lest: 1\n"), (), "monitor.yaml: lest"),
        (lambda project: (project.path / "monitor.yaml").write_text("{"), (), "monitor.yaml is no YAML"),
        (lambda project: None, ("--input", "none.csv"), "there is no file none.csv"),
        (lambda project: (project.path / "x.csv").write_text("a\n1\n"), ("--input", "x.csv"), "the rows lack"),
        (lambda project: None, ("--input", "clean.csv", "--labels", "clean.csv"), "needs the columns id, or row, and"),
        (
            lambda project: [path.unlink() for path in (project.path / ".life/versions").glob("*/profile.json")],
            (),
            "there is no profile",
        ),
        (lambda project: (project.path / "mlflow.db").unlink(), (), "there is no champion yet: make promote"),
    ],
    ids="key,yaml,no file,other file,labels,profile,champion".split(","),
)
def test_what_cannot_be_looked_at_is_said_in_one_line(
    project: Project, change: Change, options: tuple[str, ...], said: str
) -> None:
    change(project)
    done = monitor(project, *options)

    assert done.returncode == 1
    assert done.stderr.startswith("probado monitor: ") and said in done.stderr and done.stderr.count("\n") == 1
