"""An archive holds times, owners or modes of its files."""

from __future__ import annotations

from probado.prove.alike import archive_times_alone
from probado.prove.causes.base import Cause
from probado.prove.laboratory import Difference, Laboratory


class ArchiveTimes(Cause):
    name = "archive-times"
    says = "an archive holds when its files were changed, or whose they are; their contents are the same"
    fix = (
        "tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=go=rX; in Python, write each file with "
        "a ZipInfo or TarInfo of a fixed time"
    )
    rank = 105

    def in_variation(self, lab: Laboratory) -> str | None:
        return "" if any(archive_times_alone(*pair) for pair in lab.first_and_latest()) else None

    def in_steady(self, difference: Difference) -> str | None:
        return "" if any(archive_times_alone(*pair) for pair in difference.committed_and_first()) else None
