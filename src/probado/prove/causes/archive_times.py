"""An archive holds times, owners or modes of its files."""

from __future__ import annotations

from probado.prove.alike import archive_times_alone
from probado.prove.causes.base import SameContent


class ArchiveTimes(SameContent):
    name = "archive-times"
    says = "an archive holds when its files were changed, or whose they are; their contents are the same"
    fix = (
        "tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=go=rX; in Python, write each file with "
        "a ZipInfo or TarInfo of a fixed time"
    )
    rank = 105
    same = staticmethod(archive_times_alone)
