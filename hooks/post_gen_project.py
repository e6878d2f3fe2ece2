"""Turn the rendered folder into the chosen project: its starter over the base, nothing unchosen, under git."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

# What a choice leaves out, as patterns below the project's folder.
LEFT_OUT: dict[tuple[str, str], list[str]] = {
    ("deep_learning", "no"): [
        "configs/model/mlp.yaml",
        "configs/model/denoising_autoencoder.yaml",
        "configs/model/trace_network.yaml",
        "{module_name}/modeling/models/mlp.py",
        "{module_name}/modeling/models/denoising_autoencoder.py",
        "{module_name}/modeling/models/trace_network.py",
        "{module_name}/modeling/networks.py",
        "requirements/deep-*.lock",
    ],
    ("starter", "primary_particles"): [
        "configs/data/breast_cancer.yaml",
        "configs/data/csv.yaml",
        "configs/data/diabetes.yaml",
        "configs/features/default.yaml",
        "configs/model/dummy.yaml",
        "configs/model/ridge.yaml",
        "configs/split/random.yaml",
        "configs/split/time.yaml",
        "data/external/iris.csv",
        "{module_name}/modeling/models/dummy.py",
        "{module_name}/modeling/models/ridge.py",
        "tests/test_features.py",
    ],
    # The table, and the models to compare on it.
    ("starter", "blank"): [
        "configs/data/breast_cancer.yaml",
        "configs/data/csv.yaml",
        "configs/data/diabetes.yaml",
        "configs/data/magic.yaml",
        "configs/model/dummy.yaml",
        "configs/model/mlp.yaml",
        "configs/model/random_forest.yaml",
        "configs/model/ridge.yaml",
        "configs/model/xgboost.yaml",
        "configs/split/grouped.yaml",
        "configs/split/stratified.yaml",
        "configs/split/time.yaml",
        "data/external/iris.csv",
        "docs/.gitkeep",
        "{module_name}/charts.py",
        "{module_name}/dataset/sources.py",
        "{module_name}/dataset/tables.py",
        "{module_name}/modeling/baseline.py",
        "{module_name}/modeling/domain.py",
        "{module_name}/modeling/estimators.py",
        "{module_name}/modeling/metrics.py",
        "{module_name}/modeling/models",
        "{module_name}/modeling/networks.py",
        "{module_name}/modeling/preprocess.py",
        "{module_name}/modeling/store.py",
        "{module_name}/plots.py",
        "{module_name}/problem.py",
        "{module_name}/schema.py",
        "{module_name}/split.py",
        "{module_name}/table.py",
        "{module_name}/templates",
        "tests/conftest.py",
        "tests/test_metrics.py",
        "tests/test_models.py",
        "tests/test_schema.py",
        "tests/test_split.py",
    ],
}


def lay_over(project: Path, starter: str) -> None:
    """Move the files of a starter over those of the base, and remove the folder of starters."""
    starters = project / "starters"
    overlay = starters / starter
    for source in sorted(path for path in overlay.rglob("*") if path.is_file()):
        target = project / source.relative_to(overlay)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(source, target)
    shutil.rmtree(starters, ignore_errors=True)


def leave_out(project: Path, context: dict[str, str]) -> None:
    """Remove the files that belong to choices not made."""
    for (prompt, choice), patterns in LEFT_OUT.items():
        if context[prompt] == choice:
            for pattern in patterns:
                for path in project.glob(pattern.format(**context)):
                    shutil.rmtree(path) if path.is_dir() else path.unlink()


def start_git(project: Path, context: dict[str, str]) -> str:
    """Make a repository with a first commit; returns a sentence about it for people, empty where all is as usual.

    Not under cruft, which compares rendered folders (its context has no `_output_dir`), nor inside another repository,
    unless that one ignores the folder.
    """
    if "_output_dir" not in context:
        return ""
    if shutil.which("git") is None:
        # DVC looks for git; .dvc/config.local is this machine's own and never committed.
        (project / ".dvc" / "config.local").write_text("[core]\n    no_scm = true\n", encoding="utf-8")
        return "git is not installed: no repository was made. Once it is: git init, and delete .dvc/config.local"
    inside = git(project, "rev-parse", "--is-inside-work-tree").returncode == 0
    if inside and git(project, "check-ignore", "--quiet", ".").returncode != 0:
        return "this folder is inside a git repository: no other one was made"
    email = context["author_email"] or "author@localhost"
    author = [
        "-c",
        f"user.name={context['author_name'] or 'The authors'}",
        "-c",
        f"user.email={email}",
        "-c",
        "commit.gpgsign=false",
    ]
    steps = [
        ["-c", "init.defaultBranch=main", "init", "--quiet"],
        ["add", "--all"],
        [*author, "commit", "--quiet", "--no-verify", "--message", "Start from the template"],
    ]
    for step in steps:
        done = git(project, *step)
        if done.returncode != 0:
            return f"git could not make the first commit, the project is usable without: {done.stderr.strip()}"
    return ""


def git(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run git in the project's folder."""
    return subprocess.run(["git", *arguments], cwd=project, capture_output=True, text=True)


def main(context: dict[str, str]) -> int:
    """Finish the project in the current folder; returns the exit status."""
    # A console that cannot show a name must not cost the project.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    project = Path.cwd()
    lay_over(project, context["starter"])
    leave_out(project, context)
    remark = start_git(project, context)
    if remark:
        print(remark, file=sys.stderr)
    if "_output_dir" in context:
        print(f"\n{context['project_name']} is ready. Next:\n    cd {project.name}\n    make env\n    make reproduce\n")
    return 0


CONTEXT = r"""{{ cookiecutter | jsonify }}"""

if __name__ == "__main__":
    import json

    sys.exit(main(json.loads(CONTEXT)))
