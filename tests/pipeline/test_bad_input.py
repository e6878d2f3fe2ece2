"""Bad sources, overrides and settings: one line says what was expected and found, what to do; nothing half-written."""

from __future__ import annotations

import hashlib
import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.conftest import ACQUIRE, FEATURES, GOOD, PREPARE, TRAIN, refused
from tests.project import Project

pytestmark = pytest.mark.slow


def test_another_sha256(own: Callable[..., Project]) -> None:
    project = own(GOOD, source={"sha256": "0" * 64})
    actual = hashlib.sha256(GOOD.encode()).hexdigest()
    line = refused(project, ACQUIRE)
    assert f"data/external/own.csv: its sha256 is {actual}, configured is {'0' * 64}" in line


def test_no_sha256_yet(own: Callable[..., Project]) -> None:
    line = refused(own(GOOD, source={"sha256": None}), ACQUIRE)
    assert f"its sha256 is {hashlib.sha256(GOOD.encode()).hexdigest()}, configured is None" in line


POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 1234\n"


@pytest.mark.parametrize("known", [True, False], ids=["the pointer's own hash", "no hash yet"])
def test_a_pointer_of_git_lfs_is_named(own: Callable[..., Project], known: bool) -> None:
    project = own(POINTER, **({} if known else {"source": {"sha256": None}}))
    assert "data/external/own.csv: a pointer of Git LFS, not the file: git lfs pull" in refused(project, ACQUIRE)


def test_no_source(own: Callable[..., Project]) -> None:
    assert "neither source.url nor source.path is set" in refused(own(GOOD, source={"path": None}), ACQUIRE)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A web server on this machine: /good, /corrupt, /truncated, and 404 for everything else."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = {
                "/good": GOOD,
                "/corrupt": GOOD.replace("1", "7"),
                "/pointer": POINTER,
                "/truncated": GOOD[:200],
            }.get(self.path)
            self.send_response(404 if body is None else 200)
            # A truncated body is shorter than promised.
            self.send_header("Content-Length", str(len(POINTER if self.path == "/pointer" else GOOD)))
            self.end_headers()
            self.wfile.write((body or "").encode())

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()


def test_a_downloaded_pointer_of_git_lfs_is_named(own: Callable[..., Project], server: str) -> None:
    line = refused(own(GOOD, source={"url": f"{server}/pointer", "path": None}), ACQUIRE)
    assert "/pointer: a pointer of Git LFS, not the file: name the address of the file itself" in line


def test_a_download_says_which_source_served_it(own: Callable[..., Project], server: str) -> None:
    project = own(
        GOOD, source={"url": f"{server}/gone", "mirrors": [f"{server}/corrupt", f"{server}/good"], "path": None}
    )
    done = project.stage(ACQUIRE)
    assert done.returncode == 0, done.stderr
    assert f"data/raw: from {server}/good" in done.stdout
    # It has the name of the first address.
    assert (project.path / "data/raw/table/gone").read_text() == GOOD
    # The progress bar of the download.
    assert "100%" in done.stderr


@pytest.mark.parametrize(
    ("page", "said"), {"corrupt": "its sha256 is", "truncated": "IncompleteRead", "gone": "404"}.items()
)
def test_a_bad_download_is_refused(own: Callable[..., Project], server: str, page: str, said: str) -> None:
    line = refused(own(GOOD, source={"url": f"{server}/{page}", "path": None}), ACQUIRE)
    assert f"{server}/{page}" in line and said in line and "DATA_FILE=path" in line


def test_a_server_that_is_not_there_is_refused(own: Callable[..., Project]) -> None:
    line = refused(own(GOOD, source={"url": "http://127.0.0.1:9/data", "path": None}), ACQUIRE)
    # The reason, not the address again and how often it was tried.
    assert "9/data: NewConnectionError" in line and "Connection refused" in line


def test_a_local_copy_by_variable(own: Callable[..., Project], server: str, tmp_path: Path) -> None:
    project = own(GOOD, source={"url": f"{server}/gone", "path": None})
    (tmp_path / "mine.csv").write_text(GOOD)
    done = project.stage(ACQUIRE, DATA_FILE=str(tmp_path / "mine.csv"))
    assert f"data/raw: from {tmp_path / 'mine.csv'}" in done.stdout


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("model.max_dept=3", "no key 'model.max_dept'; did you mean 'max_depth'?"),
        ("sed=3", "no key 'sed'; did you mean 'seed'?"),
        ("model=xgbost", "no model/xgbost; did you mean 'xgboost'?"),
        ("model.max_depth=deep", "model.max_depth"),
        ("split.test=0.9", "leave nothing to train on"),
        ("threads=0", "threads must be a whole number above 0"),
        ("model=ridge", "the model ridge does regression, the data ask for classification"),
        ("split=grouped", "split=grouped needs the name of a group column"),
        ("split=time", "split=time needs the name of a time column"),
    ],
)
def test_a_bad_override(fresh: Project, override: str, said: str) -> None:
    # Only training and evaluation know the settings of models.
    done = fresh.stage(TRAIN if override.startswith("model") else FEATURES, override)
    assert done.returncode != 0
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("stage ")]
    assert said in line
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        (
            "configs/model/xgboost.yaml",
            "max_depth:",
            "max_dept:",
            "configs: model: there is no key 'max_dept'; did you mean 'max_depth'?",
        ),
        (
            "configs/config.yaml",
            "seed: 42",
            "sed: 42",
            "configs: config.yaml: there is no key 'sed'; did you mean 'seed'?",
        ),
        ("configs/data/breast_cancer.yaml", "loader:", "loder:", "there is no key 'loder'; did you mean 'loader'?"),
        ("configs/split/stratified.yaml", "test: 0.2", "test: two", "configs: split.test:"),
        ("configs/features/default.yaml", "drop: []", "drop: [arae]", "the data have no column 'arae'"),
    ],
)
def test_a_bad_file(fresh: Project, tmp_path: Path, name: str, old: str, new: str, said: str) -> None:
    project = fresh.copy(tmp_path / "project")
    for step in (ACQUIRE, PREPARE):
        project.stage(step)
    project.edit(name, old, new)
    assert said in refused(project, TRAIN if "model" in name else FEATURES)
