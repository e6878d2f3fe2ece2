"""The disk of the clean room was full."""

from __future__ import annotations

from probado.prove.causes.base import Cause, Failure


class Disk(Cause):
    name = "disk"
    says = "there was no room left on the disk of the clean room"
    fix = "TMPDIR names another place for it"
    rank = 40
    inconclusive = True

    def in_failure(self, failure: Failure) -> str | None:
        return failure.said if failure.run.disk_full else None
