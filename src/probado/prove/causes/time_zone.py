"""The output depends on the time zone."""

from __future__ import annotations

from probado.prove.causes.base import OtherPlace
from probado.prove.circumstances import Circumstance


class TimeZone(OtherPlace):
    name = "time-zone"
    says = "the output depends on the time zone"
    fix = 'use UTC, such as datetime.now(UTC) and tz="UTC"'
    rank = 200
    perturbs = Circumstance("time zone", "Asia/Kolkata", {"TZ": "Asia/Kolkata"})
