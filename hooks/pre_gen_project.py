"""Refuse names that the project could not live with, before anything is written."""

from __future__ import annotations

import keyword
import re
import sys

# Modules that the project's environment holds: a module of the same name would hide them.
DEPENDENCIES: frozenset[str] = frozenset()
# Folders of the layout beside which the module stands.
FOLDERS = frozenset(
    """
    benchmarks build configs data dist docs env models mlops mlruns notebooks references reports requirements starters
    tests venv
    """.split()
)
LONGEST = 40
EXAMPLE = "a valid name is student_forecast"


def refusal(name: str) -> str | None:
    """Why a module cannot have this name; None where it can."""
    if not name:
        return "the module name is empty"
    if len(name) > LONGEST:
        return f"the module name has {len(name)} characters, {LONGEST} at most"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        return f"the module name {name!r} must start with a letter a-z and hold only a-z, 0-9 and _"
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        return f"the module name {name!r} is a word of Python itself"
    if name in sys.stdlib_module_names:
        return f"the module name {name!r} is that of a module of Python's standard library"
    if name in DEPENDENCIES:
        return f"the module name {name!r} is that of a package that the project uses"
    if name in FOLDERS:
        return f"the module name {name!r} is that of a folder of the project"
    return None


def main(context: dict[str, str]) -> int:
    """Check the answers; returns the exit status."""
    reason = refusal(context["module_name"])
    if reason:
        print(f"{reason}; {EXAMPLE}", file=sys.stderr)
    return 1 if reason else 0


CONTEXT = r"""{{ cookiecutter | jsonify }}"""

if __name__ == "__main__":
    import json

    sys.exit(main(json.loads(CONTEXT)))
