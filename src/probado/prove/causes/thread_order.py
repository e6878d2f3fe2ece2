"""Threads add up in the order in which they end."""

from __future__ import annotations

from probado.prove.causes.base import Cause
from probado.prove.circumstances import ONE_THREAD
from probado.prove.laboratory import Laboratory


class ThreadOrder(Cause):
    name = "thread-order"
    says = "threads or processes give their results in the order in which they end, on which sums and lists depend"
    fix = (
        "one thread where sums are made, such as model.set_params(n_jobs=1); pool.map instead of imap_unordered; "
        "fsum and favg in DuckDB"
    )
    rank = 180

    def in_variation(self, lab: Laboratory) -> str | None:
        return "" if lab.steady(ONE_THREAD) else None
