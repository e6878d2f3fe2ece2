"""The Makefile of an adopted project: beside one that is there, GNU make finds both by a GNUmakefile."""

from __future__ import annotations

import os
import re
from pathlib import Path

MAKEFILE, OURS = "Makefile", "mlops.mk"
# In the order in which GNU make looks for them.
NAMES = ("GNUmakefile", "makefile", MAKEFILE)
# The targets that a project gets beside its own.
ADDED = ("env", "lock", "reproduce", "prove")
# All of their goals go to one make, so that $(MAKECMDGOALS) is in their Makefile what it was.
BOTH = """\
# GNU make reads this file before {theirs}, which is as it was. It adds {targets} from {ours}; every
# other target is that of {theirs}. By hand: make -f {theirs} TARGET, make -f {ours} TARGET.
THEIRS := $(filter-out {targets},$(MAKECMDGOALS))
.DEFAULT_GOAL := .theirs
.PHONY: .theirs {targets} $(THEIRS)
.theirs:
	@$(MAKE) --no-print-directory -f {theirs} $(THEIRS)
$(THEIRS): .theirs
	@:
{targets}:
	@$(MAKE) --no-print-directory -f {ours} $@
# make looks for rules of the files that it reads.
GNUmakefile: ;
"""


def beside(new: Path, folder: Path) -> dict[str, str]:
    """The files, text by name, by which `make env`, `make prove` and the like work in a project."""
    text = (new / MAKEFILE).read_text(encoding="utf-8")
    theirs = own_makefile(folder)
    if theirs is None:
        return {MAKEFILE: text}
    added = [target for target in ADDED if target not in own_targets(folder)]
    if theirs == NAMES[0] or not added:
        return {OURS: text}
    return {OURS: text, NAMES[0]: BOTH.format(theirs=theirs, ours=OURS, targets=" ".join(added))}


def own_makefile(folder: Path) -> str | None:
    """The name of a project's Makefile, which make finds first; None if it has none."""
    return next((name for name in NAMES if os.path.lexists(folder / name)), None)


def own_targets(folder: Path) -> set[str]:
    """The targets with a rule in a project's Makefile, or in a file that it includes."""
    name = own_makefile(folder)
    return _targets(folder / name) if name else set()


def _targets(makefile: Path) -> set[str]:
    if not makefile.is_file():
        return set()
    text = makefile.read_text(encoding="utf-8", errors="replace")
    rules = re.findall(r"(?m)^([^\s#:=][^#:=\n]*?)\s*&?::?(?![:=])(?!.*:?=)", text)
    included = re.findall(r"(?m)^-?s?include\s+(\S+)", text)
    found = {target for rule in rules for target in rule.split()}
    return found.union(*(_targets(makefile.parent / name) for name in included if name != makefile.name))
