"""The number of a process is in the output."""

from __future__ import annotations

from probado.prove.causes.base import OtherPlace
from probado.prove.circumstances import Circumstance

# Nine processes come first.
LATER = 'for _ in 1 2 3 4 5 6 7 8 9; do : & done; wait; "$@"; exit $?'


class ProcessNumber(OtherPlace):
    name = "process-number"
    says = "the number of a process is in the output, or a seed is taken from it"
    fix = "take seeds and names of files from the configuration instead of os.getpid() or $$"
    rank = 208
    perturbs = Circumstance("number of the process", "a higher one", before=("sh", "-c", LATER, "sh"))
