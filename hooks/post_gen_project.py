"""Turn the rendered folder into the chosen project: copy the chosen layers over the core, start git."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys

TEXTS = {
    "en": {
        "ready": "is ready. Next:",
        "no git": "git is not installed: no repository was made. Once it is: git init, and delete .dvc/config.local",
        "inside": "this folder is inside a git repository: no other one was made",
        "cruft": "cruft makes no git repository. In a new project: git init && git add --all && git commit -m Start",
        "no commit": "git could not make the first commit; the project works without it",
    },
    "es": {
        "ready": "está listo. Para empezar:",
        "no git": "git no está instalado: no se ha creado ningún repositorio. Cuando lo esté: git init, y borre "
        ".dvc/config.local",
        "inside": "esta carpeta está dentro de un repositorio de git: no se ha creado otro",
        "cruft": "cruft no crea un repositorio de git. En un proyecto nuevo: git init && git add --all && "
        "git commit -m Inicio",
        "no commit": "git no pudo hacer el primer commit; el proyecto funciona sin él",
    },
}
LAYERS = "layers"
# Files of a layer that are not copied: the list of required layers, and the parts that files of the core include.
REQUIRES, PARTS = "requires.txt", "parts"
# Most of a layer is copied, not rendered, which takes half the time. This hook fills in the module's name in tests,
# notebooks, Dockerfile and names of folders. Cookiecutter renders this file too: placeholders are written in pieces.
MODULE, MODULE_FOLDER = "{" + "{ cookiecutter.module_name }" + "}", "{" + "{cookiecutter.module_name}" + "}"


def chosen(folder: str, answers: dict[str, str]) -> list[str]:
    """The layers to copy, sorted by name, from the folder of all layers.

    The starter and the language are layers, PyTorch is the layer deep, and each brings the layers that its requires.txt
    names. A layer with a plus in its name is copied if all the layers around the plus are.
    """
    names = {answers["starter"], answers["language"]} | ({"deep"} if answers["deep_learning"] == "torch" else set())
    waiting = list(names)
    while waiting:
        requires = os.path.join(folder, waiting.pop(), REQUIRES)
        if os.path.isfile(requires):
            with open(requires, encoding="utf-8") as lines:
                more = set(lines.read().split()) - names
            names |= more
            waiting += more
    return sorted(layer for layer in os.listdir(folder) if set(layer.split("+")) <= names)


def files(layer: str) -> list[str]:
    """The files that a layer adds, relative to its folder, in order."""
    found = []
    for root, _, names in os.walk(layer):
        found += [os.path.relpath(os.path.join(root, name), layer) for name in names]
    return sorted(name for name in found if name != REQUIRES and name.split(os.sep)[0] != PARTS)


def lay(project: str, answers: dict[str, str]) -> None:
    """Move the files of the chosen layers into the project, and remove the folder of layers."""
    folder = os.path.join(project, LAYERS)
    for layer in chosen(folder, answers):
        for name in files(os.path.join(folder, layer)):
            target = os.path.join(project, name.replace(MODULE_FOLDER, answers["module_name"]))
            source = os.path.join(folder, layer, name)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            if name.startswith(("Dockerfile", "tests" + os.sep, "notebooks" + os.sep)):
                name_module(source, answers["module_name"])
            os.replace(source, target)
    shutil.rmtree(folder)


def name_module(path: str, name: str) -> None:
    """Fill in the name of the module."""
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text.replace(MODULE, name))


def start_git(project: str, answers: dict[str, str]) -> str:
    """Make a repository with a first commit; returns a message about a problem, empty on success.

    No repository is made under cruft, which compares rendered folders (its context has no `_output_dir`) and cannot be
    told to make a project or to update one, or inside another repository, unless that one ignores the folder.
    """
    texts = TEXTS[answers["language"]]
    if "_output_dir" not in answers:
        return texts["cruft"]
    if shutil.which("git") is None:
        # DVC fails without git unless no_scm is set; .dvc/config.local is this machine's own and never committed.
        with open(os.path.join(project, ".dvc", "config.local"), "w", encoding="utf-8") as settings:
            settings.write("[core]\n    no_scm = true\n")
        return texts["no git"]
    # The exit status is 0 in a repository that ignores the folder, and 1 in one that does not.
    if git(project, "check-ignore", "--quiet", ".").returncode == 1:
        return texts["inside"]
    author = ["-c", f"user.name={answers['author_name'] or 'The authors'}"]
    author += ["-c", f"user.email={answers['author_email'] or 'author@localhost'}", "-c", "commit.gpgsign=false"]
    steps = [
        ["-c", "init.defaultBranch=main", "init", "--quiet", "--template="],
        # The user's own list of files to ignore may name data/ or *.lock.
        ["-c", f"core.excludesFile={os.devnull}", "add", "--all"],
        [*author, "-c", "maintenance.auto=false", "commit", "-q", "--no-verify", "-m", "Start from the template"],
    ]
    for step in steps:
        done = git(project, *step)
        if done.returncode != 0:
            return f"{texts['no commit']}: {done.stderr.strip()}"
    return ""


def git(project: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run git in the project's folder."""
    return subprocess.run(["git", *arguments], cwd=project, capture_output=True, text=True)


def main(answers: dict[str, str]) -> int:
    """Finish the project in the current folder; returns the exit status."""
    # A console that cannot show a name must not break the bake.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    project = os.getcwd()
    lay(project, answers)
    remark = start_git(project, answers)
    if remark:
        print(remark, file=sys.stderr)
    if "_output_dir" in answers:
        name = os.path.basename(project)
        ready = f"{answers['project_name']} {TEXTS[answers['language']]['ready']}"
        print(f"\n{ready}\n    cd {name}\n    make env\n    make reproduce\n")
    return 0


CONTEXT = r"""{{ cookiecutter | jsonify }}"""

if __name__ == "__main__":
    import json

    sys.exit(main(json.loads(CONTEXT)))
