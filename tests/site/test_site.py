"""The documentation: it builds without a warning, loads nothing from elsewhere, and names only what there is."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from tests.project import TEMPLATE, TREE, Project

DOCS = TEMPLATE / "docs"
PACKAGE = TEMPLATE / "src" / "probado"
TRANSLATED = [
    "index.md",
    "quickstart.md",
    "tour.md",
    "own.md",
    "models.md",
    "predict.md",
    "share.md",
    "adopt.md",
    "prove.md",
    "verdict.md",
    "auger.md",
]
# Elements that make a browser fetch something as it opens the page; a link to another site is no such thing.
FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "link": "href"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    folder = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(build, cwd=TEMPLATE, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


class Page(HTMLParser):
    """What a built page fetches, where it links to, which ids it has, and its language."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.classes: set[str] = set()
        self.alternates: dict[str, str] = {}
        self.language = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what one element says."""
        values = {name: value or "" for name, value in attrs}
        self.classes |= set(values.get("class", "").split())
        if tag == "html":
            self.language = values["lang"]
        if "id" in values:
            self.ids.add(values["id"])
        if FETCHED.get(tag) in values:
            self.fetched.append(values[FETCHED[tag]])
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
            if "hreflang" in values:
                self.alternates[values["hreflang"]] = values["href"]


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > len(TRANSLATED)
    for path in pages:
        page = Page(path)
        assert len(page.fetched) > 3, path
        assert [url for url in page.fetched if re.match(r"(\w+:)?//", url)] == [], path
        # The theme fetches the program that draws these from another site.
        assert "mermaid" not in page.classes, path
    for path in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\W*(https?:)?//", path.read_text(encoding="utf-8")), path


def test_every_link_inside_the_site_leads_somewhere(site: Path) -> None:
    for path in site.rglob("*.html"):
        # The page for a wrong address is shown at any address: its links begin at the root.
        if path.name == "404.html":
            continue
        for link in Page(path).links:
            if re.match(r"\w+:", link):
                continue
            name, _, anchor = link.partition("#")
            target = (path.parent / name).resolve() if name else path
            assert target.is_file(), (path, link)
            assert not anchor or anchor == "__skip" or anchor in Page(target).ids, (path, link)


@pytest.mark.parametrize("name", TRANSLATED)
def test_a_page_and_its_translation_lead_to_each_other(site: Path, name: str) -> None:
    page = name.replace(".md", ".html")
    english, spanish = Page(site / page), Page(site / "es" / page)
    assert (english.language, spanish.language) == ("en", "es")
    assert english.alternates == {"en": page, "es": f"es/{page}"}
    assert spanish.alternates == {"en": f"../{page}", "es": page}


@pytest.mark.parametrize("name", TRANSLATED)
def test_a_translation_has_the_sections_and_commands_of_its_page(name: str) -> None:
    english, spanish = ((folder / name).read_text(encoding="utf-8") for folder in (DOCS, DOCS / "es"))
    assert headings(english) == headings(spanish)
    commands = [re.sub(r'"[^"]*"', '"…"', "\n".join(blocks(text, "sh"))) for text in (english, spanish)]
    assert commands[0] == commands[1]


def headings(text: str) -> list[int]:
    """Levels of a page's headings, in their order."""
    return [len(marks) for marks in re.findall(r"(?m)^(#+) ", re.sub(r"(?s)```.*?```", "", text))]


def blocks(text: str, language: str) -> list[str]:
    """The code blocks of one language."""
    return re.findall(rf"(?s)```{language}\n(.*?)```", text)


def test_pages_name_only_targets_files_and_prompts_there_are(bake: Callable[..., Project]) -> None:
    project = bake(deep_learning="torch").path
    makefiles = [makefile(folder) for folder in (TEMPLATE, project)]
    makefiles += [path.read_text(encoding="utf-8") for path in TREE.glob("layers/*/parts/makefile")]
    targets = {name for text in makefiles for name in re.findall(r"(?m)^([a-z-]+):", text)}
    prompts = json.loads((TEMPLATE / "cookiecutter.json").read_text(encoding="utf-8"))
    written_by_a_run = ("reports/", "data/", "models", ".life/", ".runs/", ".venv", "dvc.lock", ".dvc/config.local")
    for path in DOCS.rglob("*.md"):
        text = path.read_text(encoding="utf-8")
        named = set(re.findall(r"(?m)(?:`|^|\$ )make ([a-z-]+)", text))
        assert named <= targets, path
        for name in re.findall(r"`([\w.-]+/[\w./-]*|[\w-]+\.yaml)`", text):
            if not name.startswith(written_by_a_run):
                assert (project / name).exists(), (path, name)
        for prompt, answer in re.findall(r"`(language|starter|deep_learning): (\w+)`", text):
            assert answer in prompts[prompt], path


@pytest.mark.parametrize("folder", [DOCS, DOCS / "es"])
def test_the_claim_in_the_tour_is_one_of_a_new_project(bake: Callable[..., Project], folder: Path) -> None:
    (block,) = blocks((folder / "tour.md").read_text(encoding="utf-8"), "yaml")
    (shown,) = yaml.safe_load(block)
    claims = yaml.safe_load((bake().path / "claims.yaml").read_text(encoding="utf-8"))["claims"]
    # Its text may be a translation.
    assert {**shown, "text": ""} in [{**claim, "text": ""} for claim in claims]


def test_pages_name_only_options_that_the_judge_has() -> None:
    options = {
        argument.value
        for path in PACKAGE.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "add_argument"
        for argument in call.args
        if isinstance(argument, ast.Constant)
    }
    named = {
        option
        for path in DOCS.rglob("*.md")
        for command in re.findall(r"probado prove[^`\n]*", path.read_text(encoding="utf-8"))
        for option in re.findall(r"--[a-z-]+", command)
    }
    assert "--perturb" in named
    assert named <= options


def makefile(folder: Path) -> str:
    """The text of a folder's Makefile."""
    return (folder / "Makefile").read_text(encoding="utf-8")
