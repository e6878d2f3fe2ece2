"""The environment lacks a program or package that a stage needs."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

from probado.prove.causes.base import Cause, Failure

# What a shell ends with that cannot find a program.
NOT_FOUND = 127
# How interpreters, which nothing here watches, name what they did not find as they end: Python, R, node, Perl, Julia.
SAID = (
    r"python\S*: No module named (\w+)\S*$",
    r"^Error in (?:library|loadNamespace)\(.{0,200}?\) ?:\s+there is no package called ['‘](\S+)['’]",
    r"^Error(?: \[ERR_MODULE_NOT_FOUND\])?: Cannot find (?:module|package) '([^./'][^']*)'",
    r"^Can't locate (\S+)\.pm in @INC",
    r"ArgumentError: Package (\S+) (?:\S+ )?(?:not found|is required but does not seem to be installed)",
)
# And shells, which go on after it: the last line alone says why a script ended.
NOT_HERE = re.compile(r"^\S*: (?:line )?\d+: ([^\s/]+): (?:command )?not found$")
# Files in which repositories say what they need.
SAYS_SO = (
    *("requirements.txt", "environment.yml", "environment.yaml", "pyproject.toml", "setup.py", "Pipfile"),
    *("uv.lock", "poetry.lock", "pixi.toml", "pixi.lock", "renv.lock", "Project.toml", "Dockerfile", "README.md"),
)


class MissingProgram(Cause):
    name = "missing-program"
    says = "the environment of this rerun lacks a program or package that the stage needs"
    fix = (
        "install it and prove in that environment (--env reuse), or commit a lock with hashes, from which the judge "
        "builds one: uv.lock, pixi.lock, poetry.lock, requirements.txt"
    )
    rank = 55
    inconclusive = True

    def in_failure(self, failure: Failure) -> str | None:
        run, room = failure.run, failure.bench.room
        missing = [name for name in run.reads.missing if not _is_own(name, room.project)]
        search = room.variables()["PATH"]
        if run.outcome.status == NOT_FOUND:
            words = [word for line in run.stage.commands for word in programs(line)]
            missing += [word for word in words if not shutil.which(word, path=search)]
        if run.outcome.status and not missing:
            said = [found for pattern in SAID for found in re.findall(pattern, run.outcome.output, re.MULTILINE)]
            said += NOT_HERE.findall(failure.said)
            own = {Path(path).stem for path in failure.bench.known}
            missing = [name for name in said if _last(name) not in own and not shutil.which(name, path=search)]
        if not missing:
            return None
        named = [name for name in SAYS_SO if (room.root / name).is_file()]
        where = ", ".join(named) or "no file that is known here"
        return f"{', '.join(dict.fromkeys(missing))}; the repository says what it needs in {where}"


def programs(line: str) -> list[str]:
    """The names of the programs in a line of a shell, without those that it sets variables for."""
    words = shlex.shlex(line, posix=True, punctuation_chars=True)
    words.whitespace_split = True
    found: list[str] = []
    first = True
    try:
        for word in words:
            separates = set(word) <= set(";|&()")
            if first and not separates and "=" not in word:
                found.append(word)
                first = False
            elif separates:
                first = True
    except ValueError:  # quotes that do not end
        return []
    return found


def _last(name: str) -> str:
    """The last part of the name of a module: Model of src/Model, Util of My/Util."""
    return re.split(r"[/:.]+", name)[-1]


def _is_own(name: str, project: Path) -> bool:
    """Whether a module is the project's own, which no environment has."""
    first = name.partition(".")[0]
    return any((folder / first).is_dir() or (folder / f"{first}.py").is_file() for folder in (project, project / "src"))
