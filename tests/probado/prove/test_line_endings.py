"""Ends of lines: those of a repository that was recorded on Windows, and those that the judge's own git would make."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.probado.conftest import SORT, Make, Prove, Repository, stage

pytestmark = pytest.mark.slow

COPY = stage("python copy.py", ["copy.py", "raw.txt"], "copied.txt")
CODE = "from pathlib import Path\nPath('copied.txt').write_bytes(Path('raw.txt').read_bytes())\n"


def recorded_on_windows(repository: Repository, *names: str) -> None:
    """Record these files with CR LF, and commit them with LF, as git for Windows does."""
    for name in names:
        file = repository.path / name
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    repository.repro()
    repository.git("config", "core.autocrlf", "true")
    repository.commit()
    assert b"\r" not in repository.git("show", f"HEAD:{names[0]}").encode()


@pytest.mark.parametrize("names", [("copy.py",), ("raw.txt",), ("copy.py", "raw.txt")], ids=", ".join)
def test_a_repository_that_was_recorded_on_windows(make: Make, prove: Prove, names: tuple[str, ...]) -> None:
    repository = make({"copy": COPY}, **{"copy.py": CODE})
    recorded_on_windows(repository, *names)
    verdict = prove(repository)
    assert verdict.causes == [("copy", "line-endings")], verdict.said
    assert verdict.evidence["causes"][0]["detail"] == ", ".join(names)
    assert "* text=auto eol=lf" in verdict.said


def test_code_that_changed_too_is_no_matter_of_lines(make: Make, prove: Prove) -> None:
    repository = make({"copy": COPY}, **{"copy.py": CODE})
    recorded_on_windows(repository, "copy.py", "raw.txt")
    repository.write(**{"raw.txt": "4\n"})
    repository.commit()
    assert prove(repository).causes == [("copy", "stale-lock")]


def test_an_output_that_was_written_on_windows(make: Make, prove: Prove, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import os, pathlib\npathlib.Path('copied.txt').write_text('a\\nb\\n', newline=os.environ.get('END'))\n"
    # The room does not pass this variable on.
    monkeypatch.setenv("END", "\r\n")
    verdict = prove(make({"copy": COPY}, **{"copy.py": code}))
    assert verdict.causes == [("copy", "line-endings")], verdict.said


@pytest.mark.parametrize("setting", ["core.autocrlf=true", "core.eol=crlf"])
def test_the_settings_of_the_judges_git_change_nothing(make: Make, prove: Prove, tmp_path: Path, setting: str) -> None:
    name, _, value = setting.partition("=")
    repository = make({"sort": SORT}, **{".gitattributes": "*.txt text\n"})
    config = tmp_path / "gitconfig"
    config.write_text(f"[core]\n{name.removeprefix('core.')} = {value}\n", encoding="utf-8")
    verdict = prove(repository, GIT_CONFIG_GLOBAL=str(config))
    assert (verdict.status, verdict.evidence["verdict"]) == (0, "EXACT"), verdict.said
