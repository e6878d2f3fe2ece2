"""The project's folder: its settings, its pipeline's files, its git repository."""

from __future__ import annotations

import contextlib
import fnmatch
import glob
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

CONFIG = Path("configs/config.yaml")
# Where DVC puts the temporary copies in which dvc exp run --temp and --queue run.
EXPERIMENTS = "/.dvc/tmp/exps/"
# A value that DVC fills in, of a foreach or matrix stage or a parameter.
FILLED_IN = re.compile(r"\$\{[^}]*\}")


def home() -> Path:
    """The folder in which runs are kept: this one, or the project that DVC made a temporary copy of."""
    outer, copied, inner = Path.cwd().as_posix().partition(EXPERIMENTS)
    # The copy is .dvc/tmp/exps/NAME, or .dvc/tmp/exps/standalone/NAME.
    return Path(outer, *PurePosixPath(inner.removeprefix("standalone/")).parts[1:]) if copied else Path()


def runs() -> Path:
    """The folder of the records, one folder per run."""
    return home() / ".runs"


def setting(name: str, overrides: list[str]) -> str | None:
    """A top-level value of the configuration as text: the override name=VALUE, else its line in configs/config.yaml."""
    lines = CONFIG.read_text(encoding="utf-8").splitlines()
    for text in [*reversed(overrides), *lines]:
        if found := re.match(rf"\+*{name}\s*[:=]\s*([^\s#]+)", text):
            return found[1]
    return None


def overrides() -> list[str]:
    """The overrides of the running job: one job of a sweep has its own."""
    hydra: Any = sys.modules.get("hydra.core.hydra_config")
    if hydra and hydra.HydraConfig.initialized():
        return list(hydra.HydraConfig.get().overrides.task)
    return sys.argv[1:]


def stage() -> str | None:
    """The name of the stage that DVC runs, such as train or train@large; None for a run by hand."""
    return re.sub(r"^.*?dvc\.yaml:", "", os.environ.get("DVC_STAGE", "")) or None


def definition() -> tuple[Path, dict[str, Any]]:
    """The file that defines the running stage, and its definition there.

    DVC names the file relative to the caller's folder, or not at all if it lies there.

    Raises:
        ValueError: no file or several files have such a stage.
    """
    name = (stage() or "").partition("@")[0]
    said = os.environ.get("DVC_STAGE", "").removesuffix(stage() or "").rstrip(":").replace("\\", "/")
    end = PurePosixPath(*[part for part in PurePosixPath(said).parts if part not in ("..", "/")]).parts
    found = {path: steps[name] for path, steps in pipelines().items() if name in steps}
    if len(found) > 1:
        named = [path for path in found if end and path.parts[-len(end) :] == end]
        found = {path: found[path] for path in named or found if named or path == Path("dvc.yaml")}
    if len(found) != 1:
        raise ValueError(f"{len(found)} files dvc.yaml of this project have a stage {name}: give it a unique name")
    ((path, step),) = found.items()
    return path, step.get("do", step)


def pipelines() -> dict[Path, dict[str, Any]]:
    """The stages of every dvc.yaml of the project, by its path, but not of those that DVC ignores."""
    of_dvc = ("-z", "--exclude-per-directory=.dvcignore", "--", "*dvc.yaml")
    listed = git("ls-files", "--cached", "--others", "--exclude-standard", *of_dvc)
    # Without git, this pattern leaves out hidden folders, such as DVC's copies of the project.
    names = set(glob.glob("**/dvc.yaml", recursive=True) if listed is None else listed.split("\0"))  # noqa: PTH207
    names -= set((git("ls-files", "--cached", "--ignored", *of_dvc) or "").split("\0"))
    found: dict[Path, dict[str, Any]] = {}
    for path in sorted(path for path in map(Path, names) if path.name == "dvc.yaml"):
        with contextlib.suppress(ValueError, AttributeError):  # DVC says what is wrong with it
            found[path] = read_yaml(path).get("stages") or {}
    return found


def locked() -> dict[str, Any]:
    """The entries of the locks beside every dvc.yaml, by the stage's name."""
    entries: dict[str, Any] = {}
    for path in pipelines():
        entries |= read_yaml(path.with_suffix(".lock")).get("stages") or {}
    return entries


def state() -> dict[str, str]:
    """The commit, and whether inputs differ from it."""
    commit = git("rev-parse", "HEAD")
    return {"commit": commit or "none", "dirty": str(dirty()).lower() if commit else "unknown"}


def refusal() -> str | None:
    """What to do if git refuses to read this repository because another user owns it."""
    done = subprocess.run(["git", "rev-parse"], capture_output=True, text=True) if git("--version") else None
    if done is None or "safe.directory" not in done.stderr:
        return None
    reason = "git refuses to read this repository, because another user owns it"
    return f"{reason}: git config --global --add safe.directory {Path.cwd()}"


def dirty() -> bool:
    """Whether any input differs from the commit: a folder that a stage reads, dvc.yaml or configs/.

    Outputs of the pipeline, documents, notebooks and tests are not inputs.
    """
    inputs = {"dvc.yaml", "configs"}
    patterns = []
    for path, steps in pipelines().items():
        inputs.add(path.as_posix())
        for step in steps.values():
            step = step.get("do", step)
            inputs |= {dep.split("/")[0] for dep in step.get("deps", []) if not re.match(r"\.\.|/|\w+://|\$", dep)}
            patterns += ["*".join(map(glob.escape, FILLED_IN.split(out))) for out in outputs(step)]
    prefix = git("rev-parse", "--show-prefix") or ""
    which = [*sorted(inputs), ":(exclude)reports/proof.*"]
    status = git("status", "--porcelain", "-z", "--untracked-files=all", "--no-renames", "--", *which) or ""
    changed = [path[3:].removeprefix(prefix) for path in status.split("\0") if path]
    return any(not any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns) for path in changed)


def refuse_links() -> None:
    """Raise ValueError if a link leads an output of the running stage out of the project: DVC would fail afterwards."""
    try:
        outs = list(outputs(definition()[1])) if stage() else []
    except (ValueError, AttributeError):
        return  # only DVC knows the stage
    for folder in sorted({folder for out in outs for folder in (Path(out), *Path(out).parents)}):
        if folder.is_symlink() and folder.is_dir() and not folder.resolve().is_relative_to(Path.cwd().resolve()):
            disk = "dvc config --local cache.dir FOLDER && dvc config --local cache.type symlink"
            raise ValueError(
                f"{folder} leads out of the project, which DVC refuses. Make it a folder; for a big disk: {disk}"
            )


def outputs(step: dict[str, Any]) -> Iterator[str]:
    """Paths of everything that a stage writes, as dvc.yaml states them."""
    for kind in ("outs", "metrics", "plots"):
        for out in step.get(kind, []):
            yield out if isinstance(out, str) else next(iter(out))


def git(*arguments: str) -> str | None:
    """Output of git, None if git fails or is missing."""
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.rstrip("\n")


def digest(*paths: Path) -> str:
    """SHA-256 of a file, or over names and contents of several; "none" without any."""
    files = {path.as_posix(): hashlib.sha256(path.read_bytes()) for path in sorted(paths) if path.is_file()}
    if len(files) == 1:
        return next(iter(files.values())).hexdigest()
    named = b"".join(name.encode() + b"\0" + content.digest() for name, content in files.items())
    return hashlib.sha256(named).hexdigest() if files else "none"


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file as a dictionary of texts, empty if the file is missing; ValueError if it holds no YAML."""
    import yaml

    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    try:
        # Nothing but text: a stage may be called `on`, which YAML 1.1 takes for a truth value.
        return yaml.load(text, Loader=yaml.CBaseLoader) or {}  # noqa: S506 - this loader makes no objects
    except yaml.YAMLError as error:
        advice = f"after a merge: git checkout --ours {path} && dvc repro"
        raise ValueError(f"{path} is no valid YAML, {advice}") from error
