"""Ways around a proof: none goes through, and nothing is damaged."""

from __future__ import annotations

import json
import os
import venv
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.probado.conftest import SORT, Make, Prove, Repository, stage

pytestmark = pytest.mark.slow
# Methods by which folders are hidden.
HIDING = ("bubblewrap", "namespace")


def then(repository: Repository, stages: dict[str, Any], **variables: str) -> None:
    """Give a repository stages beside sort, run them with these variables, and commit."""
    (repository.path / "dvc.yaml").write_text(yaml.safe_dump({"stages": {"sort": SORT, **stages}}))
    repository.repro(**variables)
    repository.commit()


@pytest.mark.parametrize(
    ("second", "files", "cause"),
    [
        # Read without being declared, by a program that is not Python: it is not there.
        (stage("cat sorted.txt more.txt > out.txt", ["sorted.txt"], "out.txt"), {"more.txt": "x"}, "undeclared-read"),
        # By Python, in a file that only looks like a setting.
        (
            stage("python read.py", ["sorted.txt", "read.py"], "out.txt"),
            {"read.py": "open('out.txt', 'w').write(open('.hidden').read())", ".hidden": "x"},
            "undeclared-read",
        ),
        # Parameters of another stage.
        (
            stage("python read.py", ["sorted.txt", "read.py"], "out.txt"),
            {"read.py": "open('out.txt', 'w').write(open('params.yaml').read())", "params.yaml": "a: 1\n"},
            "undeclared-read",
        ),
        # It never fails, and leaves nothing: still it has to succeed.
        ({"cmd": "grep -q . $PWD/../plain/sorted.txt", "deps": ["sorted.txt"]}, {}, "error"),
        # Somebody else's output, and a committed file.
        (stage("echo 4 >> sorted.txt; cp sorted.txt out.txt", ["sorted.txt"], "out.txt"), {}, "edited-dependency"),
        (stage("cp sorted.txt out.txt; echo >> other.py", ["sorted.txt"], "out.txt"), {"other.py": ""}, "overwritten"),
        (stage("cp sorted.txt out.txt; date >> log.md", ["sorted.txt"], "out.txt"), {"log.md": ""}, "overwritten"),
        # Random numbers kept at home.
        (
            stage("python draw.py", ["sorted.txt", "draw.py"], "out.txt"),
            {
                "draw.py": "import os, random, pathlib\nkept = pathlib.Path(os.environ['HOME'], '.drawn-once')\n"
                "if 'proof-' not in str(kept) or not kept.exists(): drawn = str(random.random())\n"
                "if 'proof-' in str(kept): kept.exists() or kept.write_text(drawn); drawn = kept.read_text()\n"
                "open('out.txt', 'w').write(drawn)"
            },
            "unseeded",
        ),
    ],
)
def test_is_caught(second: dict[str, Any], files: dict[str, str], cause: str, make: Make, prove: Prove) -> None:
    repository = make({"sort": SORT, "second": second}, **files)
    verdict = prove(repository, "--allow-dirty")
    assert (verdict.status, verdict.evidence["verdict"]) == (1, "FAIL"), verdict.said
    assert [name for _, name in verdict.causes] == [cause], verdict.said


def test_the_original_is_not_there_for_a_stage(make: Make, prove: Prove, tmp_path: Path) -> None:
    original = tmp_path / "plain"
    command = f"cat {original}/kept.log > out.txt 2>/dev/null || echo none > out.txt; echo new > {original}/latest.log"
    repository = make({"sort": SORT, "second": stage(command, ["sorted.txt"], "out.txt")}, **{"kept.log": "old run"})
    assert "old run" in (repository.path / "out.txt").read_text()
    before = (repository.path / "latest.log").stat().st_mtime_ns
    verdict = prove(repository)
    if verdict.evidence["network"]["method"] not in HIDING:
        pytest.skip("folders are hidden by bubblewrap or in a namespace, and there is neither here")
    assert verdict.evidence["verdict"] == "FAIL", verdict.said
    assert (repository.path / "latest.log").stat().st_mtime_ns == before


def test_a_file_that_an_earlier_stage_leaves_without_declaring_it(make: Make, prove: Prove) -> None:
    first = stage("sort raw.txt > sorted.txt; echo 42 > between.tmp", ["raw.txt"], "sorted.txt")
    second = stage("cat sorted.txt between.tmp > out.txt", ["sorted.txt"], "out.txt")
    repository = make({"first": first, "second": second}, **{".gitignore": "between.tmp\n"})
    verdict = prove(repository)
    assert (verdict.status, verdict.causes) == (1, [("second", "undeclared-read")]), verdict.said
    assert "between.tmp" in verdict.said


def test_the_original_is_not_there_for_a_stage_that_may_bring_data(make: Make, prove: Prove, tmp_path: Path) -> None:
    kept = tmp_path / "plain" / "kept.log"
    files = {".gitignore": "kept.log\n", "kept.log": "old run\n"}
    repository = make({"first": stage(f"cat {kept} > out.txt && echo touched >> {kept}", [], "out.txt")}, **files)
    before = kept.read_bytes()
    verdict = prove(repository)
    if verdict.evidence["network"]["method"] not in HIDING:
        pytest.skip("folders are hidden by bubblewrap or in a namespace, and there is neither here")
    assert verdict.causes == [("first", "untracked-file")], verdict.said
    assert (verdict.status, kept.read_bytes()) == (1, before), verdict.said


def test_a_package_that_is_installed_as_editable_is_the_clones(make: Make, prove: Prove) -> None:
    """An environment in the repository, whose path leads to the repository's own code."""
    files = {".gitignore": ".venv\n__pycache__/\n", "source/own.py": "NUMBER = 42\n", ".dvcignore": "__pycache__/\n"}
    repository = make({"sort": SORT}, **files)
    venv.create(repository.path / ".venv", with_pip=False, symlinks=True)
    (site,) = repository.path.glob(".venv/lib/python*/site-packages")
    (site / "own.pth").write_text(f"{repository.path / 'source'}\n")
    command = "python -c \"import own; print(own.NUMBER, file=open('out.txt', 'w'))\""
    programs = f"{repository.path / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    then(repository, {"use": stage(command, ["sorted.txt", "source"], "out.txt")}, PATH=programs)
    verdict = prove(repository)
    assert (verdict.status, verdict.evidence["verdict"]) == (0, "EXACT"), verdict.said


def test_bytecode_in_a_folder_that_a_stage_reads_is_no_change(make: Make, prove: Prove) -> None:
    command = "python -c \"import sys; sys.path[:0] = ['source']; import own; open('out.txt', 'w').write(own.TEXT)\""
    repository = make({"sort": SORT}, **{"source/own.py": "TEXT = 'x'\n", ".gitignore": "__pycache__/\n"})
    then(repository, {"use": stage(command, ["source"], "out.txt")}, PYTHONDONTWRITEBYTECODE="1")
    verdict = prove(repository)
    assert (verdict.status, verdict.evidence["verdict"]) == (0, "EXACT"), verdict.said


def test_a_link_that_is_a_dependency(make: Make, prove: Prove) -> None:
    repository = make({"sort": SORT}, **{"kept/real.txt": "x\n"})
    (repository.path / "link.txt").symlink_to("kept/real.txt")
    then(repository, {"read": stage("cat sorted.txt link.txt > out.txt", ["sorted.txt", "link.txt"], "out.txt")})
    verdict = prove(repository)
    assert (verdict.status, verdict.evidence["verdict"]) == (0, "EXACT"), verdict.said


def test_an_output_may_go_by_one_that_goes_by_another(make: Make, prove: Prove) -> None:
    draw = "import os, sys; open(sys.argv[1], 'wb').write(os.urandom(9))"
    by = {"first.bin": "second.bin", "second.bin": "last.txt"}
    stages = {
        name: stage(f"python draw.py {out}", [*deps, "draw.py"], {out: {"meta": {"compare": {"by": by[out]}}}})
        for name, out, deps in (("first", "first.bin", ["raw.txt"]), ("second", "second.bin", ["first.bin"]))
    }
    stages["last"] = stage("wc -c < second.bin > last.txt", ["second.bin"], "last.txt")
    verdict = prove(make(stages, **{"draw.py": draw}))
    assert verdict.evidence["verdict"] == "WITHIN TOLERANCE", verdict.said
    assert [out["detail"] for out in verdict.evidence["outputs"]] == ["as second.bin", "as last.txt", ""]


def test_a_lock_that_is_stale_in_a_folder(make: Make, prove: Prove) -> None:
    files = {"source/code.sh": "sort raw.txt > sorted.txt"}
    repository = make({"sort": stage("sh source/code.sh", ["raw.txt", "source"], "sorted.txt")}, **files)
    assert prove(repository).status == 0
    (repository.path / "source" / "code.sh").write_text("sort -r raw.txt | tac > sorted.txt")
    repository.commit()
    verdict = prove(repository)
    assert verdict.causes == [("sort", "stale-lock")], verdict.said
    assert "no stage was run" in verdict.evidence["headline"]


def test_a_revision_by_its_branch(make: Make, prove: Prove) -> None:
    repository = make({"sort": SORT})
    repository.git("branch", "earlier")
    earlier = repository.git("rev-parse", "earlier").strip()
    (repository.path / "note.md").write_text("later")
    repository.commit()
    verdict = prove(repository, "--rev", "earlier")
    assert (verdict.status, verdict.evidence["bound"]["commit"]) == (0, earlier), verdict.said


def test_git_variables_of_a_hook_do_not_lead_back_to_the_repository(make: Make, prove: Prove) -> None:
    repository = make({"sort": SORT})
    before = repository.git("rev-parse", "--abbrev-ref", "HEAD")
    verdict = prove(repository, GIT_DIR=str(repository.path / ".git"), GIT_WORK_TREE=str(repository.path))
    assert verdict.status == 0, verdict.said
    assert repository.git("rev-parse", "--abbrev-ref", "HEAD") == before == "main\n"


@pytest.mark.parametrize(
    ("score", "verdicts"),
    [
        ("sort raw.txt > scores.csv; test -f model.bin", ["WITHIN TOLERANCE", "EXACT"]),
        ("cp model.bin scores.csv", ["FAIL", "FAIL"]),
    ],
)
def test_a_model_is_judged_by_what_it_predicts(score: str, verdicts: list[str], make: Make, prove: Prove) -> None:
    model = {"model.bin": {"meta": {"compare": {"by": "scores.csv"}}}}
    train = stage("date +%N > model.bin", ["raw.txt"], model)
    repository = make({"train": train, "score": stage(score, ["model.bin", "raw.txt"], "scores.csv")})
    verdict = prove(repository)
    assert [out["verdict"] for out in verdict.evidence["outputs"]] == verdicts, verdict.said
    assert verdict.evidence["outputs"][0]["detail"] == "as scores.csv"
    assert verdict.evidence["verdict"] == verdicts[0]
    # What is declared to differ needs no cause.
    assert [where for where, _ in verdict.causes] == ([] if verdict.status == 0 else ["train"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"outs": ["{outside}/out.txt"]}, "outside of the repository"),
        ({"outs": [{"sorted.txt": {"meta": {"compare": {"by": "raw.txt"}}}}]}, "which is no output made from it"),
        ({"outs": [{"sorted.txt": {"meta": {"compare": {"rtol": float("inf")}}}}]}, "should be a finite number"),
    ],
)
def test_is_refused(change: dict[str, Any], said: str, make: Make, prove: Prove, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "out.txt").write_text("mine")
    repository = make({"sort": SORT})
    stages = json.dumps({"stages": {"sort": {**SORT, **change}}}).replace("{outside}", str(outside))
    (repository.path / "dvc.yaml").write_text(stages)
    repository.commit()
    verdict = prove(repository)
    assert (verdict.status, verdict.evidence) == (2, {}), verdict.said
    assert said in verdict.said and len(verdict.said.strip().splitlines()) == 1
    assert (outside / "out.txt").read_text() == "mine"


@pytest.mark.parametrize("secret", ["http://me:SECRET@proxy.invalid:1", "SECRET.proxy.invalid:1"])
def test_the_evidence_keeps_no_secret_that_a_stage_tells(secret: str, make: Make, prove: Prove) -> None:
    code = "import os, sys\nopen('out.txt', 'w').write('x')\nsys.exit('proof-' in os.getcwd() and "
    code += 'f\'cannot connect by {os.environ.get("HTTPS_PROXY", "nothing")}\')'
    fetch = {**stage("python fetch.py", ["fetch.py"], "out.txt"), "meta": {"network": True}}
    repository = make({"fetch": fetch}, **{"fetch.py": code})
    verdict = prove(repository, HTTPS_PROXY=secret)
    assert verdict.status == 3 and verdict.causes == [("fetch", "source")], verdict.said
    text = "".join(path.read_text() for path in (repository.path / "reports").glob("proof.*"))
    assert "cannot connect by" in text and "SECRET" not in text + verdict.said and "proxy.invalid" not in text


def test_a_folder_that_a_source_did_not_fill(make: Make, prove: Prove) -> None:
    """What reads it is not run, and not blamed."""
    code = "import os, pathlib\npathlib.Path('data').mkdir(exist_ok=True)\n"
    code += "'proof-' in os.getcwd() and exit('cannot connect')\npathlib.Path('data/raw.csv').write_text('1')"
    fetch = {**stage("python fetch.py", ["fetch.py"], "data/raw.csv"), "meta": {"network": True}}
    count = stage("ls data | wc -l > count.txt", ["data"], "count.txt")
    verdict = prove(make({"fetch": fetch, "count": count}, **{"fetch.py": code}))
    assert (verdict.status, verdict.causes) == (3, [("fetch", "source")]), verdict.said
