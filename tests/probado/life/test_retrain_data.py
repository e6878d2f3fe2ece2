"""make retrain without a file: what the source has now."""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path

import pytest
import yaml

from probado.errors import Refused
from probado.life.retrain.data import bring

OLD, NEW = "a,b\n1,2\n", "a,b\n3,4\n"
SHA256 = "import hashlib\ndef sha256(path): return hashlib.sha256(path.read_bytes()).hexdigest()\n"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project as far as its data are concerned."""
    root = tmp_path / "root"
    (root / "configs/data").mkdir(parents=True)
    (root / "configs/config.yaml").write_text("defaults: [{data: own}, {model: one}]\n")
    (root / "mine/common").mkdir(parents=True)
    (root / "mine/common/files.py").write_text(SHA256)
    monkeypatch.syspath_prepend(root)
    return root


def configured(root: Path, **source: str | None) -> Path:
    """Configure a source, and return a clone."""
    settings = {"source": {"sha256": digest(OLD), **source}}
    (root / "configs/data/own.yaml").write_text(yaml.safe_dump(settings))
    return Path(shutil.copytree(root, root.with_name("aside")))


def hash_in(project: Path) -> str:
    return str(yaml.safe_load((project / "configs/data/own.yaml").read_text())["source"]["sha256"])


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where new data lie on a server."""
    (tmp_path / "served").mkdir()
    (tmp_path / "served/own.csv").write_text(NEW)
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path / "served")
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/own.csv"
        server.shutdown()


def test_of_an_address_the_present_hash_is_configured(root: Path, address: str) -> None:
    aside = configured(root, url=address, path=None)

    bring(None, root, aside, "mine")

    assert (hash_in(root), hash_in(aside)) == (digest(OLD), digest(NEW))


def test_an_address_that_does_not_answer_is_said(root: Path, address: str) -> None:
    aside = configured(root, url=f"{address}.gone", path=None)

    with pytest.raises(Refused, match=r"own\.csv\.gone does not give its data: .*404"):
        bring(None, root, aside, "mine")
    assert hash_in(aside) == digest(OLD)


def test_a_file_that_only_lies_in_the_project_is_taken_as_it_is(root: Path) -> None:
    aside = configured(root, url=None, path="data/own.csv")
    (root / "data").mkdir()
    (root / "data/own.csv").write_text(NEW)

    bring(None, root, aside, "mine")

    assert hash_in(aside) == digest(NEW) and (aside / "data/own.csv").read_text() == NEW


def test_a_source_without_a_file_takes_none(root: Path, tmp_path: Path) -> None:
    aside = configured(root, kind="sklearn")
    (tmp_path / "new.csv").write_text(NEW)

    with pytest.raises(Refused, match=r"configs/data/own\.yaml names no source\.path in whose place new\.csv"):
        bring(tmp_path / "new.csv", root, aside, "mine")
    bring(None, root, aside, "mine")
    assert hash_in(aside) == digest(OLD)
