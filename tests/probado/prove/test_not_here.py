"""What is not on the judge's machine says nothing about the project: programs, packages, data of other places."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from tests.probado.conftest import SORT, Make, Prove, Repository, stage

pytestmark = pytest.mark.slow


def needs(program: str) -> pytest.MarkDecorator:
    """Skip where a program is not installed."""
    return pytest.mark.skipif(not shutil.which(program), reason=f"{program} is not installed here")


def elsewhere(make: Make, repository_stage: dict[str, Any], **files: str) -> Repository:
    """A repository with a stage that ran on a machine which had all that this one lacks."""
    repository = make({"sort": SORT}, **files)
    repository.stages({"sort": SORT, "get": repository_stage | {"cmd": "cp sorted.txt got.txt"}})
    repository.repro()
    # The same entry, for the command that this machine cannot run.
    repository.edit("dvc.yaml", "cp sorted.txt got.txt", repository_stage["cmd"])
    repository.edit("dvc.lock", "cp sorted.txt got.txt", repository_stage["cmd"])
    repository.commit()
    return repository


@pytest.mark.parametrize(
    ("command", "code", "missing"),
    [
        ("latexmk-of-the-lab -pdf sorted.txt", "", "latexmk-of-the-lab"),
        ("true && A=1 no-such-tool < sorted.txt > got.txt", "", "no-such-tool"),
        ("python get.py", "import pandaz", "pandaz"),
        ("python get.py", "import subprocess\nsubprocess.run(['no-such-tool'])", "no-such-tool"),
        ("python get.py", "import optional", "lxmlz"),
        ("python get.py", "import sys\ntry: import pandaz\nexcept ImportError: sys.exit('no pandas')", "pandaz"),
        ("python -m no_such_module sorted.txt", "", "no_such_module"),
        ("bash get.py", "cp sorted.txt got.txt\nset -e\nno-such-tool --version\necho never", "no-such-tool"),
        ("sh get.py", "no-such-tool || exit 1", "no-such-tool"),
        pytest.param(*("perl get.py", "use No::Such;", "No/Such"), marks=needs("perl")),
        pytest.param(*("node get.py", "require('no-such')", "no-such"), marks=needs("node")),
    ],
)
def test_a_missing_program_is_the_environments_fault(
    make: Make, prove: Prove, command: str, code: str, missing: str
) -> None:
    optional = "try:\n    import lxmlz\nexcept ImportError as error:\n    raise ImportError('Install it') from error\n"
    files = {"get.py": f"{code}\n", "optional.py": optional, "environment.yml": "dependencies: []\n"}
    needs = ["sorted.txt", "get.py", "optional.py"]
    verdict = prove(elsewhere(make, stage(command, needs, "got.txt"), **files))
    assert (verdict.status, verdict.causes) == (3, [("get", "missing-program")]), verdict.said
    detail = verdict.evidence["causes"][0]["detail"]
    assert detail == f"{missing}; the repository says what it needs in environment.yml"


def test_a_module_of_the_project_is_no_part_of_an_environment(make: Make, prove: Prove) -> None:
    get = stage("python get.py", ["sorted.txt", "get.py"], "got.txt")
    repository = elsewhere(make, get, **{"get.py": "import own\n"})
    repository.write(**{"own.py": "", ".git/info/exclude": "own.py\n"})
    assert prove(repository).causes == [("get", "error")]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("python get.py -m logistic", "raise ValueError('planted')"),
        ("bash get.py", "no-such-tool --version\npython -c \"raise ValueError('planted')\""),
        ("bash get.py", "echo 'rows.csv: 12: customer-77: not found'; echo planted; exit 1"),
        ("bash get.py", "echo 'python: No module named optional'; exit 1"),
    ],
    ids=["an option", "a program it can do without", "a table's message", "a module of its own"],
)
def test_what_a_stage_can_do_without_is_no_reason(make: Make, prove: Prove, command: str, code: str) -> None:
    files = {"get.py": f"{code}\n", "optional.py": ""}
    verdict = prove(elsewhere(make, stage(command, ["sorted.txt", "get.py"], "got.txt"), **files))
    assert (verdict.status, verdict.causes) == (1, [("get", "error")]), verdict.said


def test_a_script_of_the_project_that_is_not_committed_is_no_program(make: Make, prove: Prove) -> None:
    repository = elsewhere(make, stage("bash lost.sh", ["sorted.txt"], "got.txt"))
    assert [cause for _, cause in prove(repository).causes] == ["error"]


@pytest.mark.parametrize(
    "message", ["file not found", "permission denied", "no such file or directory, raw.csv", "see https://a.example"]
)
def test_a_message_of_a_stage_is_no_reason(make: Make, prove: Prove, message: str) -> None:
    verdict = prove(elsewhere(make, stage(f"echo {message!r} && exit 1", [], "got.txt")))
    assert (verdict.status, verdict.causes) == (1, [("get", "error")]), verdict.said


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("cp /archive/of/the/lab.csv got.txt", "", "/archive/of/the/lab.csv is not on this machine"),
        ("python get.py", "open('/archive/of/the/lab.csv')", "/archive/of/the/lab.csv is not on this machine"),
        ("bash get.py", "exec 3<>/dev/tcp/192.0.2.1/80", None),
    ],
    ids=["a command", "Python", "the network"],
)
def test_data_of_another_place_are_not_here(
    make: Make, prove: Prove, command: str, code: str, said: str | None
) -> None:
    verdict = prove(elsewhere(make, stage(command, ["get.py"], "got.txt"), **{"get.py": f"{code}\n"}))
    assert (verdict.status, verdict.causes) == (3, [("get", "source")]), verdict.said
    assert said in (None, verdict.evidence["causes"][0]["detail"])
