"""The Makefile of an adopted project: beside one that is there, GNU make finds both by a GNUmakefile."""

from __future__ import annotations

import re
from pathlib import Path

MAKEFILE, OURS = "Makefile", "mlops.mk"
# In the order in which GNU make looks for them.
NAMES = ("GNUmakefile", "makefile", MAKEFILE)
BOTH = """\
# GNU make reads this file before {theirs}, which is as it was. Its targets are run as they are, and those that it
# lacks are in {ours}. Once {theirs} has the line "include {ours}", this file can go.
.PHONY: default {targets} FORCE
default: FORCE
	@$(MAKE) --no-print-directory -f {theirs}
{targets}:
	@$(MAKE) --no-print-directory -f {ours} $@
%: FORCE
	@$(MAKE) --no-print-directory -f {theirs} $@
FORCE: ;
# make looks for rules of the files that it reads.
GNUmakefile: ;
"""


def beside(new: Path, folder: Path) -> dict[str, str]:
    """The files, text by name, by which `make env`, `make prove` and the like work in a project."""
    text = (new / MAKEFILE).read_text(encoding="utf-8")
    theirs = own_makefile(new, folder)
    if theirs is None:
        return {MAKEFILE: text}
    missing = [target for target in targets(text) if target not in own_targets(new, folder)]
    return {OURS: text, NAMES[0]: BOTH.format(theirs=theirs, ours=OURS, targets=" ".join(missing))}


def own_makefile(new: Path, folder: Path) -> str | None:
    """The name of a project's Makefile, which make finds first; None if it has none but one that was laid."""
    laid = ((new / MAKEFILE).read_text(encoding="utf-8"), BOTH.partition("{")[0])
    there = (name for name in NAMES if (folder / name).is_file())
    return next((name for name in there if not _read(folder / name).startswith(laid)), None)


def own_targets(new: Path, folder: Path) -> list[str]:
    """The targets with a rule in a project's Makefile."""
    name = own_makefile(new, folder)
    return targets(_read(folder / name)) if name else []


def targets(text: str) -> list[str]:
    """The targets with a rule in a Makefile's text."""
    rules = re.findall(r"(?m)^([A-Za-z][\w. -]*?)\s*::?(?!=)", text)
    return [target for rule in rules for target in rule.split()]


def _read(makefile: Path) -> str:
    return makefile.read_text(encoding="utf-8", errors="replace")
