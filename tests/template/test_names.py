"""pre_gen: names that would break a project are refused in one line, and nothing is left on disk."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.project import TEMPLATE, load_hook

REFUSED = {
    "": "is empty",
    "a" * 41: "41 characters",
    "a" * 300: "300 characters",
    "9lives": "must start with a letter",
    "_private": "must start with a letter",
    "my project": "must start with a letter",
    "my-project": "must start with a letter",
    "my.project": "must start with a letter",
    "my/project": "must start with a letter",
    "../outside": "must start with a letter",
    "Students": "must start with a letter",
    "STUDENTS": "must start with a letter",
    "predicción": "must start with a letter",
    "señal": "must start with a letter",
    "naïve": "must start with a letter",
    "данные": "must start with a letter",
    "semi;colon": "must start with a letter",
    "quo'te": "must start with a letter",
    "tab\tbed": "must start with a letter",
    "class": "Python keyword",
    "import": "Python keyword",
    "lambda": "Python keyword",
    "match": "Python keyword",
    "json": "standard library",
    "test": "standard library",
    "random": "standard library",
    "numpy": "package that the project uses",
    "sklearn": "package that the project uses",
    "torch": "package that the project uses",
    "hydra": "package that the project uses",
    "git": "package that the project uses",
    "con": "device on Windows",
    "nul": "device on Windows",
    "aux": "device on Windows",
    "prn": "device on Windows",
    "com1": "device on Windows",
    "lpt9": "device on Windows",
    "data": "folder of the project",
    "tests": "folder of the project",
    "mlops": "folder of the project",
    "models": "folder of the project",
    "layers": "folder of the project",
}


# Refused by cookiecutter's command line too: names that a shell, a folder or JSON might take otherwise, and one more.
TYPED = ["", "a" * 300, "../outside", "señal", "quo'te", "tab\tbed", "class", "con"]


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    """The hook that refuses names, as a module."""
    return load_hook("pre_gen_project")


@pytest.mark.parametrize("name", ["student_forecast", "a", "x9", "a" * 40, "mi_proyecto"])
def test_good_names_are_taken(hook: ModuleType, name: str) -> None:
    assert hook.refusal(name) is None


@pytest.mark.parametrize("name", ["a" * 40, "mi_proyecto"])
def test_projects_of_good_names_are_made(name: str, tmp_path: Path) -> None:
    done = bake(tmp_path, f"module_name={name}")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / name / name / "features.py").is_file()


@pytest.mark.parametrize("name", REFUSED, ids=repr)
def test_bad_names_are_refused(hook: ModuleType, name: str) -> None:
    assert REFUSED[name] in hook.refusal(name)


@pytest.mark.parametrize("name", TYPED, ids=repr)
def test_bad_names_leave_nothing(name: str, tmp_path: Path) -> None:
    done = bake(tmp_path, f"module_name={name}")
    assert done.returncode != 0
    (line,) = [line for line in done.stderr.splitlines() if "valid name" in line]
    assert REFUSED[name] in line
    assert "a valid name is student_forecast" in line
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_names_of_projects_become_names_of_modules(tmp_path: Path) -> None:
    assert bake(tmp_path, "project_name=Predicción de alumnos: señal ñ 2026").returncode == 0
    assert (tmp_path / "prediccion_de_alumnos_senal_n_2026" / "dvc.yaml").is_file()


@pytest.mark.parametrize("email", ["ana@localhost", "n/a", "ana", "a na@example.org", "@example.org"])
def test_what_is_no_address_is_refused(email: str, tmp_path: Path) -> None:
    done = bake(tmp_path, f"author_email={email}")
    assert done.returncode != 0
    assert f"author_email {email!r} is not an e-mail address; a valid one is ana@example.org, or none" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_older_cookiecutter_is_refused(
    hook: ModuleType, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answers = {"module_name": "study", "author_email": ""}
    # A cookiecutter before 2.2 leaves the questions' texts among the answers: seen with 1.7.3 and 2.1.1.
    assert hook.main({**answers, "__prompts__": {}}) == 1
    found = importlib.metadata.version("cookiecutter")
    assert capsys.readouterr().err == (
        f"cookiecutter 2.2 or newer is needed, found {found}: pip install --upgrade cookiecutter\n"
    )
    assert list(tmp_path.iterdir()) == []
    assert hook.main(answers) == 0


def test_long_titles_become_short_names(tmp_path: Path) -> None:
    assert bake(tmp_path, "project_name=Predicting student enrolment in Spanish universities").returncode == 0
    assert (tmp_path / "predicting_student_enrolment_in_spanish" / "dvc.yaml").is_file()


@pytest.mark.slow
def test_the_refused_names_hold_every_package_of_the_environment(hook: ModuleType, environment: dict[str, str]) -> None:
    code = "import importlib.metadata as m; print(*m.packages_distributions())"
    installed = subprocess.run(["python", "-c", code], env=environment, capture_output=True, text=True, check=True)
    taken = [name for name in installed.stdout.split() if hook.refusal(name) is None]
    # shared is the project that the environment was made for.
    assert set(taken) <= {"shared"}


def bake(folder: Path, *answers: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cookiecutter", str(TEMPLATE), "--no-input", "--output-dir", str(folder), *answers]
    return subprocess.run(command, capture_output=True, text=True)
