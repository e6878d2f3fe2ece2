"""Each experiment holds or moves what its sentence says, for every program that may depend on it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from probado.prove.causes.commit_written import beginning_of
from tests.probado.conftest import SORT, Make, Prove, stage

pytestmark = pytest.mark.slow

# Four workers that end in any order.
WORK = """import multiprocessing, random, time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from multiprocessing.pool import ThreadPool
def work(value):
    time.sleep(random.SystemRandom().random() / 20)
    return value
if __name__ == "__main__":
    {}
"""
POOLS = {
    "imap_unordered": "with multiprocessing.Pool(4) as pool: done = list(pool.imap_unordered(work, range(12)))",
    "a pool of threads": "with ThreadPool(processes=4) as pool: done = list(pool.imap_unordered(work, range(12)))",
    "as_completed": (
        "with ProcessPoolExecutor(max_workers=4) as pool: "
        "done = [job.result() for job in as_completed([pool.submit(work, n) for n in range(12)])]"
    ),
    "joblib": (
        "import joblib; "
        "done = list(joblib.Parallel(4, return_as='generator_unordered')(joblib.delayed(work)(n) for n in range(12)))"
    ),
}


@pytest.mark.parametrize("pool", POOLS)
def test_workers_that_end_in_any_order(pool: str, script: Make, prove: Prove) -> None:
    if pool == "joblib":
        pytest.importorskip("joblib", reason="joblib comes with scikit-learn, which the template does not need")
    code = WORK.format(f"{POOLS[pool]}\n    out.write_text(str(done))")
    verdict = prove(script("order.txt", code))
    assert verdict.causes == [("second", "thread-order")], verdict.said


def test_grouped_sums_of_duckdb(script: Make, prove: Prove) -> None:
    pytest.importorskip("duckdb", reason="the template does not need DuckDB")
    code = "import duckdb\n"
    code += "duckdb.execute('create table t as select i * 7919 % 1000 g, sin(i) x from range(2000000) r(i)')\n"
    code += "out.write_text(str(duckdb.execute('select g, sum(x) from t group by g order by g').fetchall()))"
    verdict = prove(script("sums.txt", code))
    assert verdict.causes == [("second", "thread-order")], verdict.said


@pytest.mark.parametrize(
    "code",
    [
        "begun = time.perf_counter(); time.sleep(0.01); out.write_text(str(time.perf_counter() - begun))",
        "begun = time.monotonic(); time.sleep(0.01); out.write_text(str(time.monotonic() - begun))",
        "out.write_text(str(time.process_time_ns()))",
    ],
    ids=["perf_counter", "monotonic", "process_time"],
)
def test_how_long_it_took(code: str, script: Make, prove: Prove) -> None:
    verdict = prove(script("seconds.txt", f"import time\n{code}"))
    assert verdict.causes == [("second", "clock-seed")], verdict.said


ARCHIVES = {
    "tar of what was cloned": "tar cf out.bin raw.txt",
    "tar of what was written": "cp raw.txt new.tmp; tar cf out.bin new.tmp; rm new.tmp; sleep 1",
    "compressed tar": "tar czf out.bin raw.txt",
    "zip": f"{sys.executable} -m zipfile -c out.bin raw.txt",
}


@pytest.mark.parametrize("archive", ARCHIVES)
def test_archives_that_hold_times(archive: str, make: Make, prove: Prove) -> None:
    repository = make({"sort": SORT})
    subprocess.run(["touch", "-d", "2020-02-02", "raw.txt"], cwd=repository.path, check=True)
    repository.stages({"pack": stage(ARCHIVES[archive], ["raw.txt"], "out.bin")})
    repository.repro()
    repository.commit()
    verdict = prove(repository)
    assert verdict.causes == [("pack", "archive-times")], verdict.said


HERE = {
    "host-name": ("uname -n > out.txt", "import socket; out.write_text(socket.gethostname())"),
    "user": ("id -u > out.txt", "import os; out.write_text(str(os.getuid()))"),
    "umask": ("touch a.tmp; stat -c %a a.tmp > out.txt; rm a.tmp", "import os; out.write_text(str(os.umask(0)))"),
    "process-number": ("echo $$ > out.txt", "import os; out.write_text(str(os.getpid()))"),
    "file-times": ("stat -c %Y raw.txt > out.txt", "import os; out.write_text(str(os.path.getmtime('raw.txt')))"),
    "thread-count": ("nproc > out.txt", "import os; out.write_text(str(os.cpu_count()))"),
}


@pytest.mark.parametrize("python", [False, True], ids=["shell", "python"])
@pytest.mark.parametrize("cause", HERE)
def test_what_belongs_to_the_machine(cause: str, python: bool, make: Make, prove: Prove) -> None:
    command = HERE[cause][python]
    if python:
        command = f"python -c \"from pathlib import Path; out = Path('out.txt'); {command}\""
    repository = make({"sort": SORT, "tell": stage(command, ["raw.txt"], "out.txt")})
    # As on another machine.
    (repository.path / "out.txt").write_text("another one\n")
    repository.record()
    repository.commit()
    verdict = prove(repository)
    if verdict.evidence["network"]["method"] != "bubblewrap" and cause in ("host-name", "user"):
        assert "could not be tried, because bubblewrap does not work here" in verdict.said
        return
    if verdict.evidence["network"]["method"] != "bubblewrap" and cause == "process-number":
        # Without numbers of its own, every run has another one.
        assert [name for _, name in verdict.causes] == ["varies"], verdict.said
        return
    assert [name for _, name in verdict.causes] == [cause], verdict.said


def test_another_place_has_all_of_it(make: Make, prove: Prove) -> None:
    verdict = prove(make({"sort": SORT}), "--perturb")
    assert verdict.status == 0, verdict.said
    listed = {line["what"] for line in verdict.evidence["perturbations"]}
    assert {"umask", "number of the process", "times of files", "threads"} <= listed
    if verdict.evidence["network"]["method"] == "bubblewrap":
        assert {"host name", "user"} <= listed


def test_what_reaches_python_alone_is_not_tried_on_other_programs(make: Make, prove: Prove) -> None:
    verdict = prove(make({"draw": stage("shuf -i 1-1000000 -n 3 > o", ["raw.txt"], "o")}))
    assert verdict.causes == [("draw", "varies")], verdict.said
    said = (
        "source of chance known (for Python alone) could not be tried, because no Python ran that the judge can watch"
    )
    assert said in verdict.evidence["causes"][0]["detail"]


def test_a_perturbation_says_what_it_reaches(make: Make, prove: Prove) -> None:
    verdict = prove(make({"sort": SORT}), "--perturb")
    values = {one["what"]: one["value"] for one in verdict.evidence["perturbations"]}
    assert values["order of folders"] == "backwards (for Python alone)" and values["folder"] == "another one"


WORKERS = """import multiprocessing, sys
if __name__ == "__main__":
    worker = multiprocessing.get_context("spawn").Process(target=sys.exit, args=(0,))
    worker.start()
    worker.join()
    assert worker.exitcode == 0
    out.write_text("done")
"""


def test_workers_that_are_started_anew_find_what_they_call(script: Make, prove: Prove) -> None:
    verdict = prove(script("done.txt", WORKERS))
    assert verdict.status == 0, verdict.said


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("made by 0123abc", True),
        ('"0123abcdef0123abcdef0123abcdef0123abcdef"', True),
        ("0123abc4 f0123abc", False),
        ("0123abcdef99", False),
    ],
)
def test_the_id_of_a_commit_is_no_part_of_another_number(text: str, holds: bool) -> None:
    pattern = beginning_of("0123abcdef0123abcdef0123abcdef0123abcdef", 7)
    assert bool(pattern.search(text.encode())) is holds
