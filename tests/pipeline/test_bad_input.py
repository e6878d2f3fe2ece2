"""Bad input: one clear line that says what was expected, what was found and what to do; nothing half-written."""

from __future__ import annotations

import hashlib
import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import Project, bake_project

pytestmark = pytest.mark.slow

GOOD = "x,y,label\n" + "".join(f"{i}.5,{i * 7 % 11},{'ab'[i % 2]}\n" for i in range(60))


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Project:
    """A project that has never run. Only to be copied."""
    return bake_project(tmp_path_factory.mktemp("fresh"), environment, project_name="Own data")


@pytest.fixture
def own(fresh: Project, tmp_path: Path) -> Callable[..., Project]:
    """Make a project that reads a table of one's own."""

    def own(content: str | bytes, **changes: Any) -> Project:
        project = fresh.copy(tmp_path / "own")
        raw = content.encode() if isinstance(content, str) else content
        (project.path / "data/external/own.csv").write_bytes(raw)
        path = project.path / "configs/data/csv.yaml"
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        data |= {"target": "label", "columns": {}}
        data["source"] |= {"path": "data/external/own.csv", "sha256": hashlib.sha256(raw).hexdigest()}
        for key in ("source", "read", "clean"):
            data[key] |= changes.pop(key, {})
        path.write_text(yaml.safe_dump(data | changes, allow_unicode=True), encoding="utf-8")
        project.select(data="csv", model="logistic" if data.get("task") == "classification" else "ridge")
        return project

    return own


def refused(project: Project, *steps: str) -> str:
    """Run steps of which the last one is refused; returns the one line that it says."""
    for step in steps[:-1]:
        done = project.stage(step)
        assert done.returncode == 0, done.stderr
    before = project.outputs()
    done = project.stage(steps[-1])
    assert done.returncode != 0
    assert "Traceback" not in done.stderr + done.stdout
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("stage ")]
    assert project.outputs() == before
    assert project.leftovers() == []
    return line


ACQUIRE, PREPARE, FEATURES = "dataset.acquire", "dataset.prepare", "features"


def test_a_good_table_of_ones_own(own: Callable[..., Project]) -> None:
    project = own(GOOD)
    assert project.repro() == ["acquire", "prepare", "featurize", "train", "evaluate", "report"]


def test_numbers_and_letters_as_a_spanish_spreadsheet_writes_them(own: Callable[..., Project]) -> None:
    rows = "".join(f"{i % 9 + 1}.{100 + i},5;{i},25;{'año' if i % 2 else 'señal'}\n" for i in range(60))
    project = own(
        ("importe;ratio;label\n" + rows).encode("cp1252"),
        read={"separator": ";", "decimal": ",", "thousands": ".", "encoding": "cp1252"},
    )
    for step in (ACQUIRE, PREPARE):
        assert project.stage(step).returncode == 0
    said = project.table("data/interim/table.parquet", "*t.iloc[0], *t.dtypes")
    assert said == "1100.5 0.25 señal float64 float64 str\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("importe;label\n1.234,5;a;\n2.234,5;b;\n", "is no table separated by ';'"),
        ("importe;label;label\n1.234,5;a;b\n", "has two columns 'label'"),
    ],
)
def test_a_spreadsheet_whose_rows_and_header_differ(own: Callable[..., Project], content: str, said: str) -> None:
    project = own(content, read={"separator": ";", "decimal": ",", "thousands": "."})
    assert said in refused(project, ACQUIRE, PREPARE)


def test_what_is_a_name_stays_as_it_is_written(own: Callable[..., Project]) -> None:
    """Dates and codes are no numbers, however much they look like them."""
    rows = "".join(f"{i:03};0{i % 9 + 1}.02.2020;1.{i:03},5;{i % 2}\n" for i in range(60))
    project = own(
        "code;day;amount;label\n" + rows + "060;01.02.2020;1,5;\n",
        read={"separator": ";", "decimal": ",", "thousands": "."},
        id="code",
    )
    for step in (ACQUIRE, PREPARE):
        assert (done := project.stage(step)).returncode == 0, done.stderr
    assert project.table("data/interim/table.parquet", "*t.iloc[7]") == "007 08.02.2020 1007.5 1\n"


COMMA = "x;label\n" + "".join(f"{i},5;{'ab'[i % 2]}\n" for i in range(60))


@pytest.mark.parametrize("columns", [{}, {"x": {"type": "number"}}], ids=["not listed", "listed"])
@pytest.mark.parametrize("stray", ["n/d", "7.5"])
def test_a_stray_text_among_numbers_with_a_decimal_comma(
    own: Callable[..., Project], columns: dict[str, Any], stray: str
) -> None:
    table = COMMA.replace("\n7,5;", f"\n{stray};")
    line = refused(own(table, read={"separator": ";", "decimal": ","}, columns=columns), ACQUIRE, PREPARE)
    assert f"column 'x': 1 of 60 values are no number, the first is '{stray}' in data row 8" in line


def test_times_of_several_zones_become_those_of_one_clock(own: Callable[..., Project]) -> None:
    rows = "".join(f"2020-01-01T{i % 24:02}:00:00{'Z' if i % 2 else '+01:00'},{'ab'[i % 2]}\n" for i in range(60))
    project = own("when,label\n" + rows, columns={"when": {"type": "date"}}, clean={"duplicates": "keep"})
    for step in (ACQUIRE, PREPARE):
        assert (done := project.stage(step)).returncode == 0, done.stderr
    said = project.table("data/interim/table.parquet", "*t['when'][:2], t['when'].dtype")
    assert said == "2019-12-31 23:00:00 2020-01-01 01:00:00 datetime64[us]\n"


def test_a_time_that_is_text_orders_nothing(own: Callable[..., Project]) -> None:
    rows = "".join(f"{i % 28 + 1:02}.02.{2000 + i},{i},{'ab'[i % 2]}\n" for i in range(60))
    project = own("day,x,label\n" + rows, time="day")
    project.select(split="time")
    line = refused(project, ACQUIRE, PREPARE, FEATURES)
    assert "the column 'day' is text, which has no order in time: list it under columns as {type: date}" in line


@pytest.mark.parametrize(
    ("target", "kind"), [("x", "integer"), ("x", "number"), ("label", "date")], ids=["integer", "number", "date"]
)
def test_a_class_that_is_listed_as_something_else(own: Callable[..., Project], target: str, kind: str) -> None:
    line = refused(own(GOOD, target=target, columns={target: {"type": kind}}), ACQUIRE)
    assert f"columns.{target}: a class to learn has the type category" in line


def test_the_wrong_encoding(own: Callable[..., Project]) -> None:
    project = own("x,label\n1,año\n2,señal\n".encode("cp1252"))
    assert "data.csv is not utf-8" in (line := refused(project, ACQUIRE, PREPARE))
    assert "set read.encoding, perhaps cp1252" in line


def test_an_empty_file(own: Callable[..., Project]) -> None:
    assert "data.csv is empty" in refused(own(""), ACQUIRE, PREPARE)


def test_only_a_header(own: Callable[..., Project]) -> None:
    assert "no row is left" in refused(own("x,y,label\n"), ACQUIRE, PREPARE)


def test_a_missing_target(own: Callable[..., Project]) -> None:
    line = refused(own(GOOD, target="labels"), ACQUIRE, PREPARE)
    assert "the data have no column 'labels'; did you mean 'label'?" in line


def test_a_missing_column(own: Callable[..., Project]) -> None:
    line = refused(own(GOOD, columns={"z": {"type": "number"}}), ACQUIRE, PREPARE)
    assert "the data have no column 'z'" in line


def test_a_wrong_type(own: Callable[..., Project]) -> None:
    line = refused(own(GOOD.replace("3.5,", "three,"), columns={"x": {"type": "number"}}), ACQUIRE, PREPARE)
    assert "column 'x': 6 of 60 values are no number, the first is 'three' in data row 4" in line


def test_a_wrong_type_of_a_column_that_is_not_listed(own: Callable[..., Project]) -> None:
    line = refused(own(GOOD.replace("\n3.5,", "\nthree,")), ACQUIRE, PREPARE)
    assert "column 'x': 1 of 60 values are no number" in line and "list it under columns" in line


def test_a_column_without_values(own: Callable[..., Project]) -> None:
    table = "x,y,label\n" + "".join(f"{i},,{'ab'[i % 2]}\n" for i in range(60))
    assert "column 'y': it has no value at all" in refused(own(table), ACQUIRE, PREPARE)


def test_only_one_class(own: Callable[..., Project]) -> None:
    assert "only one class in 'label'" in refused(own(GOOD.replace(",b\n", ",a\n")), ACQUIRE, PREPARE)


def test_a_value_out_of_range(own: Callable[..., Project]) -> None:
    line = refused(own(GOOD, columns={"x": {"type": "number", "maximum": 10}}), ACQUIRE, PREPARE)
    assert "column 'x'" in line and "10.5" in line


def test_rows_are_dropped_and_counted_where_that_is_asked_for(own: Callable[..., Project]) -> None:
    table = GOOD + "0.5,0,a\n" + "7.5,,a\n" + "8.5,1,\n" + "999,1,b\n"
    project = own(
        table,
        columns={"x": {"type": "number", "maximum": 100}},
        clean={"duplicates": "drop", "missing": "drop", "out_of_range": "drop"},
    )
    project.stage(ACQUIRE)
    done = project.stage(PREPARE)
    assert "64 read, 1 without target, 1 duplicates, 1 with missing values, 1 out of range, 60 kept" in done.stdout


def test_a_duplicate_that_would_stand_on_both_sides(own: Callable[..., Project]) -> None:
    project = own(GOOD + GOOD.split("\n", 1)[1], clean={"duplicates": "keep"})
    line = refused(project, ACQUIRE, PREPARE, FEATURES)
    assert "sets of equal rows would stand in more than one part: set clean.duplicates to drop" in line


def test_a_group_that_would_stand_on_both_sides(own: Callable[..., Project]) -> None:
    table = "patient," + GOOD.replace("\n", "\n{},").format(*(i // 10 for i in range(61))).rsplit("\n", 1)[0] + "\n"
    project = own(table, group="patient")
    line = refused(project, ACQUIRE, PREPARE, FEATURES)
    assert "values of the group 'patient' would stand in more than one part" in line and "use split=grouped" in line
    project.select(split="grouped")
    assert project.stage(FEATURES).returncode == 0


def test_another_sha256(own: Callable[..., Project]) -> None:
    project = own(GOOD, source={"sha256": "0" * 64})
    actual = hashlib.sha256(GOOD.encode()).hexdigest()
    line = refused(project, ACQUIRE)
    assert f"data/external/own.csv: its sha256 is {actual}, configured is {'0' * 64}" in line


def test_no_sha256_yet(own: Callable[..., Project]) -> None:
    line = refused(own(GOOD, source={"sha256": None}), ACQUIRE)
    assert f"its sha256 is {hashlib.sha256(GOOD.encode()).hexdigest()}, configured is None" in line


def test_no_source(own: Callable[..., Project]) -> None:
    assert "neither source.url nor source.path is set" in refused(own(GOOD, source={"path": None}), ACQUIRE)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A web server on this machine: /good, /corrupt, /truncated, and 404 for everything else."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = {"/good": GOOD, "/corrupt": GOOD.replace("1", "7"), "/truncated": GOOD[:200]}.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(GOOD)))
            self.end_headers()
            self.wfile.write((body or "").encode())

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()


def test_a_download_says_which_source_served_it(own: Callable[..., Project], server: str) -> None:
    project = own(
        GOOD, source={"url": f"{server}/gone", "mirrors": [f"{server}/corrupt", f"{server}/good"], "path": None}
    )
    done = project.stage(ACQUIRE)
    assert done.returncode == 0, done.stderr
    assert f"data/raw: from {server}/good" in done.stdout
    assert (project.path / "data/raw/data.csv").read_text() == GOOD
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
    done = fresh.stage(FEATURES, override)
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
    assert said in refused(project, FEATURES)
