"""Build the project's environment, .venv, from the hashed locks in requirements/.

Standard library only, because it runs before the environment exists.
"""

from __future__ import annotations

import ast
import functools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

# uv's variable for another location.
VENV = Path(os.environ.get("UV_PROJECT_ENVIRONMENT", ".venv"))
LOCKS = Path("requirements")
# `make env` installs these, and what else was asked for once.
DAILY = ("base", "dev", "uv", "probado")
# pip's settings that uv does not read, and uv's names for them.
FROM_PIP = {
    "find-links": "UV_FIND_LINKS",
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
}


def sync(asked: Sequence[str] = ()) -> None:
    """Install exactly the locked packages and the project into .venv, with other groups that are or were asked for.

    Raises:
        ValueError: Python is too old, a lock is missing, or a package could not be installed.
    """
    refuse_old_python()
    kept = (VENV / "groups").read_text(encoding="utf-8").split() if (VENV / "groups").is_file() else []
    kept = [group for group in kept if not (group.startswith("deep-") and "deep-" in " ".join(asked))]
    kept = [group for group in dict.fromkeys(kept) if group not in asked and (LOCKS / f"{group}.lock").is_file()]
    locks = [LOCKS / f"{group}.lock" for group in dict.fromkeys([*DAILY, *kept, *asked])]
    if missing := [lock for lock in locks if not lock.is_file()]:
        raise ValueError(f"there is no {missing[0]}: this project was made without that group")
    print(f"building {VENV} from requirements/*.lock with Python {sys.version.split()[0]}: about a minute", flush=True)
    uv = bootstrap_uv()
    install = [str(uv), "pip", "sync", "--require-hashes", "--build-constraints", str(LOCKS / "build.lock")]
    # Show progress on a terminal only: a log needs no list of 170 packages.
    install += [*([] if sys.stderr.isatty() else ["--quiet"]), *find_links(), *map(str, locks)]
    if not run(install) and not (LOCKS / "deep-cpu.lock" in locks and run([*install, "--torch-backend", "cpu"])):
        advice = "behind a mirror, a folder of wheels or a proxy, set pip's index-url, find-links or cert: uv gets them"
        raise ValueError(f"not complete, see above: a locked package could not be installed; {advice}")
    (VENV / "groups").write_text("\n".join([*kept, *asked]), encoding="utf-8")
    if not run([str(uv.with_name("python")), "-m", "probado", "install"]):
        raise ValueError("the packages are installed, but not the project, see above")
    print(f"{VENV} is ready; to type commands without make: source {VENV}/bin/activate")


def lock(upgrade: bool) -> None:
    """Resolve pyproject.toml into requirements/*.lock for every platform, with hashes, without hosts and paths.

    Locked packages keep their versions if possible, unless `upgrade` is set.

    Raises:
        ValueError: the requirements contradict each other, or a package could not be found.
    """
    refuse_old_python()
    uv, settings = bootstrap_uv(), ["--upgrade"] if upgrade else []
    settings += ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-annotate", "--no-header"]
    import tomllib

    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    groups = project.get("dependency-groups", {})
    groups["base"] = [*project.get("project", {}).get("dependencies", []), *groups.get("base", [])]
    # The others build on base: they do not name again what it installs on every platform.
    for group, requirements in sorted(groups.items(), key=lambda item: item[0] != "base"):
        if not all(isinstance(requirement, str) for requirement in requirements):
            raise ValueError(f"pyproject.toml: the group {group} includes another one: list its packages instead")
        target = str(LOCKS / f"{group}.lock")
        base = "" if group in ("base", "build") else (LOCKS / "base.lock").read_text(encoding="utf-8")
        constraints = [] if group == "base" else ["--constraints", str(LOCKS / "base.lock")]
        constraints += [f"--no-emit-package={name}" for name in re.findall(r"(?m)^([\w.-]+)==[^\s;]+ \\", base)]
        # The judge's dependencies are in base.lock, so its own lock names only the wheel.
        alone = ["--no-deps", *find_links()] if group == "probado" else []
        # From standard input, because uv reads no groups of a pyproject.toml that it does not manage.
        command = [str(uv), "pip", "compile", "-", "--quiet", *constraints, *settings, *alone, "--output-file", target]
        if not run(command, "\n".join(requirements)):
            raise ValueError(f"{target} could not be resolved, see above")


def find_links() -> list[str]:
    """Options that let uv find the judge's wheel beside the locks, and the user's own wheels."""
    folders = [str(LOCKS), *filter(None, uv_environment().get("UV_FIND_LINKS", "").split(","))]
    return [part for folder in folders for part in ("--find-links", folder)]


def bootstrap_uv() -> Path:
    """Path of the locked uv in .venv; venv and pip install it if it is missing."""
    scripts = VENV / ("Scripts" if os.name == "nt" else "bin")
    python, uv, activate = scripts / "python", scripts / "uv", scripts / "activate"
    # Programs in an environment name its folder: a project that was moved or copied needs another one.
    moved = activate.is_file() and str(VENV.absolute()) not in activate.read_text(encoding="utf-8")
    if moved or not shutil.which(str(uv)):
        # pip cannot install from its cache without the index, so the wheel is kept beside uv's cache.
        kept = Path(os.environ.get("UV_CACHE_DIR") or Path.home() / ".cache" / "uv") / "uv-itself"
        lock = LOCKS / "uv.lock"
        version = lock.read_text(encoding="utf-8").split()[0].removeprefix("uv==")
        of_the_lock = ["--require-hashes", "--no-deps", "--requirement", str(lock)]
        pip = [str(python), "-m", "pip"]
        if made := run([sys.executable, "-m", "venv", *(["--clear"] if moved else []), str(VENV)]):
            (VENV / ".gitignore").write_text("*\n", encoding="utf-8")  # a project of others may not ignore it
        if made and not any(kept.glob(f"uv-{version}-*")):
            made = run([*pip, "download", "-qq", "--dest", str(kept), *of_the_lock])
        if not made or not run([*pip, "install", "-qq", "--no-index", "--find-links", str(kept), *of_the_lock]):
            raise ValueError(".venv could not be made, see above; on Debian and Ubuntu, install python3-venv")
    return uv


def refuse_old_python() -> None:
    """Raise ValueError if this interpreter is older than the project needs."""
    if sys.version_info < (3, 11):  # noqa: UP036 - only this check runs on an older one
        raise ValueError(f"Python 3.11 or newer is needed, found {sys.version.split()[0]}: make env PYTHON=python3.11")


def run(command: list[str], text: str = "") -> bool:
    """Run a command with uv's settings and `text` as its input; returns whether it succeeded."""
    return subprocess.run(command, env=uv_environment(), input=text.encode()).returncode == 0


def uv_environment() -> dict[str, str]:
    """The caller's environment; uv compiles bytecode, downloads no Python, and uses pip's package sources."""
    # Like pip, take a file from any of the indexes: the hashes in the locks decide.
    environment = {"UV_COMPILE_BYTECODE": "1", "UV_PYTHON_DOWNLOADS": "never", "UV_INDEX_STRATEGY": "unsafe-best-match"}
    environment |= {**os.environ, "VIRTUAL_ENV": str(VENV.resolve())}
    for option, value in pip_settings().items():
        if (variable := FROM_PIP.get(option)) and variable not in os.environ:
            environment[variable] = ("," if variable == "UV_FIND_LINKS" else " ").join(value.split())
    return environment


@functools.cache
def pip_settings() -> dict[str, str]:
    """The user's pip settings by option, from pip's configuration files and variables."""
    # An activated .venv has no pip; its base interpreter may have one.
    python = getattr(sys, "_base_executable", sys.executable)
    listed = subprocess.run([python, "-m", "pip", "config", "list"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    pairs = (line.partition("=") for line in listed.stdout.decode().splitlines())
    settings = {name.rpartition(".")[2]: ast.literal_eval(value) for name, _, value in pairs if value}
    variables = ((option, os.environ.get("PIP_" + option.upper().replace("-", "_"))) for option in FROM_PIP)
    return settings | {option: value for option, value in variables if value}
