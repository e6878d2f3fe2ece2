"""gzip writes the time into the header of an archive."""

from __future__ import annotations

from probado.prove.alike import gzip_header_alone
from probado.prove.causes.base import SameContent


class GzipTime(SameContent):
    name = "gzip-time"
    says = "gzip writes the time into its header; the content is the same"
    fix = 'compression={"method": "gzip", "mtime": 0} in pandas, gzip.GzipFile(..., mtime=0) elsewhere'
    rank = 100
    same = staticmethod(gzip_header_alone)
