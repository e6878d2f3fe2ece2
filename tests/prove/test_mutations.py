"""What keeps a project from being reproducible, planted one by one: caught, located, named."""

from __future__ import annotations

import contextlib
import http.server
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.conftest import Project

from prove.conftest import Prove

pytestmark = pytest.mark.slow

FOREST = """
from sklearn.ensemble import RandomForestRegressor
rows = np.random.default_rng(0).normal(size=(4000, 4))
forest = RandomForestRegressor(60, max_depth=6, random_state=0, n_jobs=2).fit(rows, rows[:, 0] * rows[:, 1])
np.save(out, forest.predict(rows))
"""
# The cause, the output, the code, and what else the proof is told.
CODE = {
    "gzip-time": ("table.csv.gz", 'import gzip\nwith gzip.open(out, "wt") as stream: stream.write("a,b\\n1,2\\n")', ()),
    "hash-seed": (
        "names.json",
        'import json\nout.write_text(json.dumps(list({"ana", "luis", "eva", "juan"})))',
        ("--perturb",),
    ),
    "unseeded": ("noise.npy", "np.save(out, np.random.default_rng().normal(size=100))", ()),
    "clock-seed": ("draw.npy", "import time\nnp.save(out, np.random.default_rng(time.time_ns()).normal(size=100))", ()),
    "thread-order": ("scores.npy", FOREST, ()),
    "svg-ids": (
        "plot.svg",
        "from matplotlib.figure import Figure\ndrawn = Figure()\n"
        "drawn.subplots().scatter([1, 2], [3, 4])\ndrawn.savefig(out)",
        (),
    ),
    "clock-written": (
        "made.html",
        'from datetime import datetime\nout.write_text(f"<p>made {datetime.now()}</p>")',
        (),
    ),
    "path": ("where.txt", "out.write_text(str(ROOT.resolve()))", ()),
    "undeclared-read": ("copy.txt", 'out.write_text((ROOT / "README.md").read_text())', ()),
    "folder-order": ("files.txt", 'import os\nout.write_text(" ".join(os.listdir(ROOT / "configs")))', ("--perturb",)),
    "edited-dependency": (
        "same.txt",
        'out.write_text("a")\nwith (ROOT / CLEAN).open("ab") as stream: stream.write(b" ")',
        (),
    ),
}


@pytest.mark.parametrize("cause", CODE)
def test_code_that_is_not_reproducible(cause: str, planted: Callable[..., Project], prove: Prove) -> None:
    output, code, options = CODE[cause]
    proof = prove(planted(output, code), *options)
    assert (proof.status, proof.evidence["verdict"]) == (1, "FAIL"), proof.said
    assert proof.causes() == [("featurize", cause)], proof.said
    assert proof.evidence["causes"][0]["fix"] in proof.said


def test_the_number_of_threads_inside_a_model(planted: Callable[..., Project], prove: Prove) -> None:
    code = (
        "import joblib, os\nfrom sklearn.ensemble import RandomForestClassifier\n"
        "joblib.dump(RandomForestClassifier(n_jobs=len(os.sched_getaffinity(0))), out)"
    )
    proof = prove(planted("model.joblib", code, "taskset", "-c", "0"))
    assert proof.status == 1
    assert proof.causes() == [("featurize", "thread-count")], proof.said
    assert {"what": "with threads 1", "result": "as committed"} in proof.evidence["causes"][0]["experiments"]


def test_a_file_that_was_never_committed(planted: Callable[..., Project], prove: Prove) -> None:
    project = planted("copy.txt", 'out.write_text((ROOT / "own").read_text())', own="mine")
    (project.path / ".git" / "info" / "exclude").write_text("/own\n")
    project.run("git", "rm", "-q", "--cached", "own")
    project.commit()
    proof = prove(project)
    assert proof.status == 1
    assert proof.causes() == [("featurize", "untracked-file")], proof.said
    assert proof.evidence["causes"][0]["detail"].startswith("own (small/features.py:")


def test_raw_data_changed_by_hand(small: Project, tmp_path: Path, prove: Prove) -> None:
    project = small.copy(tmp_path / "project")
    change = (
        "import numpy as np\nraw = dict(np.load('data/raw/data.npz'))\nraw['pictures'][0, 0, 0] += 1\n"
        "np.savez('data/raw/data.npz', **raw)"
    )
    project.run("python", "-c", change)
    project.run("dvc", "commit", "--force", "acquire")
    project.repro()
    project.commit()
    proof = prove(project)
    assert proof.status == 1
    assert proof.causes() == [("acquire", "edited-raw-data")], proof.said
    assert "pictures" in proof.evidence["outputs"][0]["differences"][0]


@pytest.mark.parametrize(
    ("path", "stage"), [("data/interim/data.npz", "prepare"), ("data/processed/test.npz", "featurize")]
)
def test_dvc_lock_changed_by_hand(path: str, stage: str, small: Project, tmp_path: Path, prove: Prove) -> None:
    project = small.copy(tmp_path / "project")
    lock = (project.path / "dvc.lock").read_text(encoding="utf-8")
    begin = lock.index("outs:", lock.index(f"  {stage}:"))
    place = lock.index("md5: ", lock.index(f"- path: {path}", begin) + len(path) + 8) + 5
    (project.path / "dvc.lock").write_text(lock[:place] + "ab" * 16 + lock[place + 32 :], encoding="utf-8")
    project.commit()
    proof = prove(project)
    assert proof.status == 1
    assert proof.causes() == [(stage, "edited-lock")], proof.said


def test_a_commit_whose_pipeline_was_not_run_again(small: Project, tmp_path: Path, prove: Prove) -> None:
    project = small.copy(tmp_path / "project")
    project.edit("small/dataset/prepare.py", "isfinite(pictures)", "isfinite(pictures + 1)")
    project.commit()
    proof = prove(project)
    assert proof.status == 1
    assert proof.causes() == [("prepare", "stale-lock")], proof.said


def test_an_environment_that_is_not_as_locked(small: Project, tmp_path: Path, prove: Prove) -> None:
    project = small.copy(tmp_path / "project")
    project.run("python", "-m", "venv", "--without-pip", ".venv")
    shared = project.run("python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip()
    (own,) = (project.path / ".venv" / "lib").glob("python*/site-packages")
    (own / "shared.pth").write_text(shared + "\n")
    (own / "tqdm-0.0.1.dist-info").mkdir()
    (own / "tqdm-0.0.1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: tqdm\nVersion: 0.0.1\n")
    lock = (project.path / "requirements" / "base.lock").read_text(encoding="utf-8")
    locked = re.search(r"(?m)^tqdm==([\d.]+)", lock)
    assert locked is not None
    proof = prove(project)
    assert proof.status == 1
    assert proof.causes() == [("environment", "environment")], proof.said
    assert proof.evidence["environment"]["drifted"] == [f"tqdm 0.0.1, locked {locked[1]}"]


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


DOWNLOAD = 'from urllib.request import urlopen\nout.write_bytes(urlopen("{url}", timeout=2).read())'


def test_a_stage_that_downloads(planted: Callable[..., Project], prove: Prove) -> None:
    with server() as (url, _):
        proof = prove(planted("page.html", DOWNLOAD.format(url=url)))
    assert proof.status == 1
    assert proof.causes() == [("featurize", "network")], proof.said


def test_a_source_that_no_longer_answers_is_no_failure(small: Project, tmp_path: Path, prove: Prove) -> None:
    project = small.copy(tmp_path / "project")
    with server() as (url, silent):
        fetch = f'    from urllib.request import urlopen\n    urlopen("{url}", timeout=2).read()\n'
        project.edit("small/dataset/acquire.py", "    config = load(cfg)\n", f"    config = load(cfg)\n{fetch}")
        project.repro()
        project.commit()
        silent.set()
        proof = prove(project)
    assert (proof.status, proof.evidence["verdict"]) == (3, "INCONCLUSIVE"), proof.said
    assert proof.causes() == [("acquire", "source")]
    assert "timed out" in proof.evidence["headline"]


def test_a_claim_that_no_longer_holds(small: Project, tmp_path: Path, prove: Prove) -> None:
    project = small.copy(tmp_path / "project")
    project.edit("claims.yaml", "value: 400", "value: 401")
    project.commit()
    proof = prove(project)
    assert (proof.status, proof.evidence["verdict"]) == (1, "FAIL")
    assert [claim["state"] for claim in proof.evidence["claims"]] == ["broken"]
    assert "claimed 401 ± 0, came out 400" in proof.said


def test_a_project_that_patches_its_own_judge(planted: Callable[..., Project], prove: Prove) -> None:
    project = planted("noise.npy", "np.save(out, np.random.default_rng().normal(size=100))")
    project.edit("mlops/prove/outputs.py", "if found == out.recorded:", "if True:")
    project.commit()
    by_itself = prove(project)
    assert by_itself.status == 0
    assert "EXACT, by a modified judge (prove/outputs.py)" in by_itself.evidence["headline"]
    assert by_itself.evidence["judge"]["released"] is False
    from_outside = prove(project, outside=True)
    assert from_outside.status == 1
    assert from_outside.causes() == [("featurize", "unseeded")]
    assert from_outside.evidence["judge"]["project_modified"] == ["prove/outputs.py"]
    assert from_outside.evidence["judge"]["released"] is True
