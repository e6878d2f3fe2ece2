"""gzip writes the time into the header of an archive."""

from __future__ import annotations

from probado.prove.alike import gzip_header_alone
from probado.prove.causes.base import Cause
from probado.prove.laboratory import Difference, Laboratory


class GzipTime(Cause):
    name = "gzip-time"
    says = "gzip writes the time into its header; the content is the same"
    fix = 'compression={"method": "gzip", "mtime": 0} in pandas, gzip.GzipFile(..., mtime=0) elsewhere'
    rank = 100

    def in_variation(self, lab: Laboratory) -> str | None:
        return "" if any(gzip_header_alone(*pair) for pair in lab.first_and_latest()) else None

    def in_steady(self, difference: Difference) -> str | None:
        return "" if any(gzip_header_alone(*pair) for pair in difference.committed_and_first()) else None
