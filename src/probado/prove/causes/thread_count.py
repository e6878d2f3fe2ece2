"""The number of threads is in the output, or decides how sums are split."""

from __future__ import annotations

from probado.prove.causes.base import Cause
from probado.prove.circumstances import ONE_THREAD
from probado.prove.laboratory import Difference


class ThreadCount(Cause):
    name = "thread-count"
    says = "the number of threads is in the output, or decides how sums are split"
    fix = (
        "fix it (threads in configs/config.yaml, OMP_NUM_THREADS); where it is stored, use a format without it; "
        "else declare meta: {elsewhere: {rtol: ...}}"
    )
    rank = 130
    tries = ONE_THREAD

    def in_steady(self, difference: Difference) -> str | None:
        return "" if difference.lab.changes(ONE_THREAD) else None
