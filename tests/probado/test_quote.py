"""Numbers of claims in texts: written, checked, and refused where they no longer hold."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import pytest

from probado.cli import main

CLAIM = """claims:
  - id: hit_rate
    text: It is right about 98 % of R&D's pictures.
    output: metrics.json
    key: [accuracy]
    value: 0.980
    tolerance: 0.01
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "claims.yaml").write_text(CLAIM)
    (tmp_path / "metrics.json").write_text('{"accuracy": 0.9834}')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_markdown(project: Path) -> None:
    paper = project / "paper.md"
    text = "Right: <!-- claim hit_rate -->?<!-- /claim -->, or <!-- claim hit_rate .0% -->97%<!-- /claim -->.\n"
    paper.write_text(text)
    assert main(["quote", "paper.md", "--check"]) == 1 and paper.read_text() == text
    assert main(["quote", "paper.md"]) == 0
    assert paper.read_text() == text.replace(">?<", ">0.980<").replace("97%", "98%")
    assert main(["quote", "paper.md", "--check"]) == 0


def test_a_filter(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("<!-- claim hit_rate .2f --><!-- /claim -->"))
    assert main(["quote", "-"]) == 0
    assert capsys.readouterr().out == "<!-- claim hit_rate .2f -->0.98<!-- /claim -->"


def test_latex(project: Path) -> None:
    assert main(["quote", "claims.tex"]) == 0
    macros = (project / "claims.tex").read_text()
    assert r"\csname claim@value@hit_rate\endcsname{0.980}" in macros
    assert r"{It is right about 98 \% of R\&D's pictures.}" in macros
    if not shutil.which("pdftex"):
        pytest.skip("TeX is not installed here: that the macros work was not tried")
    (project / "paper.tex").write_text(
        r"\documentclass{article}\input{claims}\begin{document}\claim{hit_rate} \claimpercent{hit_rate} "
        r"\claimtext{hit_rate}\typeout{found \claim{hit_rate}}\end{document}"
    )
    done = subprocess.run(["pdflatex", "-interaction=nonstopmode", "paper.tex"], capture_output=True, text=True)
    assert done.returncode == 0 and "found 0.980" in done.stdout


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"metrics.json": '{"accuracy": 0.9}'}, "claimed 0.98 ± 0.01, and the output has 0.9"),
        ({"metrics.json": "{}"}, "metrics.json has no number at accuracy: dvc repro"),
        ({"paper.md": "<!-- claim accuracy -->1<!-- /claim -->"}, "there is no claim accuracy; there are hit_rate"),
        ({"paper.md": "<!-- claim hit_rate high -->1<!-- /claim -->"}, "high is no format of Python"),
        ({"claims.yaml": "claims: []"}, "there is no claim in"),
    ],
)
def test_is_refused(files: dict[str, str], said: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "paper.md").write_text("nothing")
    for name, text in files.items():
        (project / name).write_text(text)
    before = (project / "paper.md").read_text()
    assert main(["quote", "paper.md"]) == 2
    told = capsys.readouterr().err
    assert said in told and len(told.splitlines()) == 1
    assert (project / "paper.md").read_text() == before
