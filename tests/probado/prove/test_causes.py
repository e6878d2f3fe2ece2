"""What keeps a repository from being reproducible, planted one by one: caught, located, named. One test a cause."""

from __future__ import annotations

import ast
import contextlib
import http.server
import importlib.metadata
import os
import shutil
import threading
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from dvc.repo import Repo

from probado.prove.causes import all_causes
from probado.prove.causes.base import Failure
from probado.prove.causes.disk import Disk
from probado.prove.rerun import StageRun
from probado.repository.dvc import read_pipeline
from probado.room.process import Outcome
from tests.probado.conftest import SORT, Make, Prove, stage

pytestmark = pytest.mark.slow

# What `second` writes, in Python; and what the proof is told besides.
CODE: dict[str, tuple[str, str, tuple[str, ...]]] = {
    # The header holds whole seconds, and a rerun within the same second would write the same bytes.
    "gzip-time": (
        "table.csv.gz",
        "import gzip, time\nlater = 60 * ('proof-' in str(out.resolve()))\n"
        "with gzip.GzipFile(out, 'wb', mtime=time.time() + later) as file: file.write(b'a,b')",
        (),
    ),
    "hash-seed": ("names.txt", "out.write_text(' '.join({'ana', 'luis', 'eva', 'juan'}))", ("--perturb",)),
    "unseeded": ("noise.txt", "import random\nout.write_text(str(random.random()))", ()),
    "address": ("where.txt", "out.write_text(repr(object()))", ()),
    "clock-seed": ("draw.txt", "import random, time\nout.write_text(str(random.Random(time.time_ns()).random()))", ()),
    "clock-written": ("made.html", "from datetime import datetime\nout.write_text(f'made {datetime.now()}')", ()),
    "commit-written": (
        "made.json",
        "import subprocess\nout.write_text(subprocess.getoutput('git rev-parse --short HEAD'))",
        (),
    ),
    "path": ("where.txt", "out.write_text(str(out.resolve()))", ()),
    "undeclared-read": ("copy.txt", "out.write_text(Path('.dvcignore').read_text() + Path('x.md').read_text())", ()),
    "folder-order": ("files.txt", "import os\nout.write_text(' '.join(os.listdir('names')))", ("--perturb",)),
    "edited-dependency": ("same.txt", "out.write_text('a')\nopen('sorted.txt', 'a').write(' ')", ()),
    "time-zone": ("zone.txt", "import time\nout.write_text(time.strftime('%H', time.localtime(0)))", ("--perturb",)),
    "locale": ("locale.txt", "import os\nout.write_text(os.environ['LC_ALL'])", ("--perturb",)),
    "overwritten": ("same.txt", "out.write_text('a')\nopen('x.md', 'a').write(' ')", ()),
    "error": ("same.txt", "out.write_text('a')\n'proof-' in str(out.resolve()) and exit('planted')", ()),
    "varies": (
        "noise.txt",
        "import subprocess\nout.write_text(subprocess.getoutput('cat /proc/sys/kernel/random/uuid'))",
        (),
    ),
    "svg-ids": (
        "plot.svg",
        'import uuid\nout.write_text(f\'<svg><path id="{uuid.uuid4()}" d="M 0 0"/></svg>\')',
        (),
    ),
    "thread-order": (
        "sum.txt",
        "import os, random, time\nfrom concurrent.futures import ThreadPoolExecutor, as_completed\n"
        "def work(value): time.sleep(random.SystemRandom().random() / 50); return value\n"
        "pool = ThreadPoolExecutor(min(4, os.cpu_count()) if os.cpu_count() == 1 else 4)\n"
        "jobs = [pool.submit(work, 10.0 ** (number - 8)) for number in range(20)]\n"
        "out.write_text(' '.join(str(job.result()) for job in as_completed(jobs)) if os.cpu_count() > 1 else 'one')",
        (),
    ),
    "thread-count": ("threads.txt", "import os\nout.write_text(os.environ['OMP_NUM_THREADS'])", ("--perturb",)),
}


@pytest.mark.parametrize("cause", CODE)
def test_code_that_is_not_reproducible(cause: str, script: Make, prove: Prove, monkeypatch: pytest.MonkeyPatch) -> None:
    output, code, options = CODE[cause]
    # What the judge fixes, so that dvc repro gives what the first rerun gives.
    for name, value in {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "3"}.items():
        monkeypatch.setenv(name, value)
    repository = script(
        output,
        code,
        **{"x.md": "x", "names/a.py": "", "names/b.py": "", "names/c.py": "", "configs/config.yaml": "threads: 3\n"},
    )
    verdict = prove(repository, *options)
    assert (verdict.status, verdict.evidence["verdict"]) == (1, "FAIL"), verdict.said
    assert [name for _, name in verdict.causes] == [cause], verdict.said
    assert verdict.causes[0][0] in ("second", "the pipeline")
    assert verdict.evidence["causes"][0]["fix"] in verdict.said


@pytest.mark.parametrize(
    "code",
    [
        "import random\nout.write_text(str(random.Random().random()))",
        "import uuid\nout.write_text(str(uuid.uuid1()))",
        "import tempfile\nout.write_text(tempfile.mktemp(dir=''))",
        "import numpy\nout.write_text(str(numpy.random.default_rng().random()))",
    ],
    ids=["a generator", "uuid1", "a name of tempfile", "numpy"],
)
def test_chance_without_a_seed(code: str, script: Make, prove: Prove) -> None:
    verdict = prove(script("noise.txt", code))
    assert verdict.causes == [("second", "unseeded")], verdict.said


def test_the_number_of_processors_inside_an_output(script: Make, prove: Prove) -> None:
    before = os.sched_getaffinity(0)
    if len(before) < 2:
        pytest.skip("this machine has one processor")
    os.sched_setaffinity(0, {min(before)})
    try:
        repository = script("cores.txt", "import os\nout.write_text(str(len(os.sched_getaffinity(0))))")
    finally:
        os.sched_setaffinity(0, before)
    verdict = prove(repository)
    assert verdict.causes == [("second", "thread-count")], verdict.said
    assert {"what": "with threads 1", "result": "as committed"} in verdict.evidence["causes"][0]["experiments"]


def test_a_file_that_was_never_committed(script: Make, prove: Prove) -> None:
    repository = script("copy.txt", "out.write_text(Path('own').read_text())", own="mine", **{".gitignore": "/own\n"})
    verdict = prove(repository)
    assert verdict.causes == [("second", "untracked-file")], verdict.said
    assert verdict.evidence["causes"][0]["detail"].startswith("own (second.py:")


def test_raw_data_changed_by_hand(make: Make, prove: Prove) -> None:
    repository = make(FETCHED)
    repository.write(**{"data.csv": "a\n2\n"})
    with contextlib.chdir(repository.path), Repo() as repo:
        repo.commit("fetch", force=True)
    repository.repro()
    repository.commit()
    verdict = prove(repository)
    assert verdict.causes == [("fetch", "edited-raw-data")], verdict.said
    assert verdict.evidence["outputs"][0]["differences"] == ["a: 1 of 1 differ, by up to 1; first at 0: 2, now 1"]


FETCHED = {
    "fetch": stage("printf 'a\\n1\\n' > data.csv", [], "data.csv", meta={"network": True}),
    "count": stage("wc -l < data.csv > count.txt", ["data.csv"], "count.txt"),
}


@pytest.mark.parametrize(("path", "blamed"), [("sorted.txt", "sort"), ("out.txt", "second")])
def test_dvc_lock_changed_by_hand(path: str, blamed: str, script: Make, prove: Prove) -> None:
    repository = script("out.txt", "out.write_text('a')")
    entry = next(out for entry in repository.lock().values() for out in entry["outs"] if out["path"] == path)
    text = (repository.path / "dvc.lock").read_text()
    place = text.index(entry["md5"], text.index("outs:", text.index(f"  {blamed}:")))
    (repository.path / "dvc.lock").write_text(text[:place] + "ab" * 16 + text[place + 32 :])
    repository.commit()
    verdict = prove(repository)
    assert (verdict.status, verdict.causes) == (1, [(blamed, "edited-lock")]), verdict.said


def test_a_commit_whose_pipeline_was_not_run_again(script: Make, prove: Prove) -> None:
    repository = script("out.txt", "out.write_text('a')")
    repository.edit("second.py", "'a'", "'b'")
    repository.commit()
    verdict = prove(repository)
    assert (verdict.status, verdict.causes) == (1, [("second", "stale-lock")]), verdict.said


def test_an_environment_that_is_not_as_locked(make: Make, prove: Prove) -> None:
    version = importlib.metadata.version("tqdm")
    lock = f"tqdm==0.0.1 \\\n    --hash=sha256:{'0' * 64}\npydantic=={importlib.metadata.version('pydantic')} \\\n"
    verdict = prove(make({"sort": SORT}, **{"requirements/base.lock": lock}))
    assert (verdict.status, verdict.causes) == (1, [("environment", "environment")]), verdict.said
    assert verdict.evidence["environment"]["drifted"] == [f"tqdm {version}, locked 0.0.1"]


def test_an_environment_with_many_packages(make: Make, prove: Prove) -> None:
    """Its list is longer than the end of an output that is kept of stages."""
    repository = make({"sort": SORT}, **{"requirements/base.lock": "tqdm==0.0.1 \\\n", ".gitignore": ".venv\n"})
    venv.create(repository.path / ".venv", with_pip=False, symlinks=True)
    (site,) = repository.path.glob(".venv/lib/python*/site-packages")
    for number in range(200):
        folder = site / f"a_package_with_a_long_name_{number}-1.0.dist-info"
        folder.mkdir()
        name = f"a-package-with-a-long-name-{number}"
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    verdict = prove(repository)
    assert verdict.evidence["environment"]["drifted"] == ["tqdm is missing, locked 0.0.1"], verdict.said


@contextlib.contextmanager
def server() -> Iterator[tuple[str, threading.Event]]:
    """A server of this machine that answers until the event is set, and then lets callers wait."""
    silent, done = threading.Event(), threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if silent.is_set():
                done.wait(60)
                return
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"from the network")

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listening.server_address[1]}/", silent
        finally:
            done.set()
            listening.shutdown()


DOWNLOAD = "from urllib.request import urlopen\nout.write_bytes(urlopen('{url}', timeout=1).read())"


def test_a_stage_that_downloads(script: Make, prove: Prove) -> None:
    with server() as (url, _):
        verdict = prove(script("page.html", DOWNLOAD.format(url=url)))
    assert (verdict.status, verdict.causes) == (1, [("second", "network")]), verdict.said


def test_a_source_that_no_longer_answers_is_no_failure(make: Make, prove: Prove) -> None:
    fetch = {"fetch": stage("python fetch.py", ["fetch.py"], "page.html", meta={"network": True})}
    with server() as (url, silent):
        code = f"from pathlib import Path\nout = Path('page.html')\n{DOWNLOAD.format(url=url)}"
        repository = make(fetch, **{"fetch.py": code})
        silent.set()
        verdict = prove(repository)
    assert (verdict.status, verdict.evidence["verdict"]) == (3, "INCONCLUSIVE"), verdict.said
    assert verdict.causes == [("fetch", "source")]
    assert "timed out" in verdict.evidence["headline"]


def test_a_pointer_of_git_lfs_is_no_data(make: Make, prove: Prove) -> None:
    repository = make({"sort": SORT})
    repository.write(**{"raw.txt": "version https://git-lfs.github.com/spec/v1\noid sha256:0\n"})
    repository.commit()
    verdict = prove(repository)
    assert (verdict.status, verdict.causes) == (3, [("sort", "source")]), verdict.said
    assert "git lfs pull" in verdict.said


def test_bytes_that_nobody_has_any_more(script: Make, prove: Prove) -> None:
    """The stage gives the same on every run, and other bytes than were committed, which are gone."""
    repository = script("out.txt", "out.write_text(str('proof-' in str(out.resolve())))")
    shutil.rmtree(repository.path / ".dvc" / "cache")
    (repository.path / "out.txt").unlink()
    verdict = prove(repository)
    assert verdict.causes == [("second", "unknown")], verdict.said
    assert "the committed bytes of out.txt are not here to compare with: dvc pull" in verdict.said


def test_a_full_disk_says_nothing_about_the_project(make: Make) -> None:
    run = StageRun(read_pipeline(make({"sort": SORT}).path).stages[0], Outcome(1, 0.0, "no space"), disk_full=True)
    failure = Failure(cast(Any, None), run)
    assert (Disk().in_failure(failure), Disk.inconclusive) == ("no space", True)
    run.disk_full = False
    assert Disk().in_failure(failure) is None


def test_every_cause_has_a_test() -> None:
    """Some are tested beside their kind: submodules, time limits, variables."""
    named: set[str] = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        texts = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        constants = (node for node in nodes if isinstance(node, ast.Constant) and id(node) not in texts)
        named |= {node.value for node in constants if isinstance(node.value, str)}
    assert [cause.name for cause in all_causes() if cause.name not in named | {Disk.name}] == []


def test_ranks_of_causes_differ() -> None:
    ranks = [cause.rank for cause in all_causes()]
    assert len(set(ranks)) == len(ranks) > 20
