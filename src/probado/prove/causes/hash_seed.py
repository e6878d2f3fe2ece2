"""The order in which Python hashes things is in the output."""

from __future__ import annotations

from probado.prove.causes.base import OtherPlace
from probado.prove.circumstances import Circumstance


class HashSeed(OtherPlace):
    name = "hash-seed"
    says = "the order of a set, or of something else that Python hashes, is in the output"
    fix = "sort before writing, such as sorted(names)"
    rank = 120
    perturbs = Circumstance("hash seed", "4711", {"PYTHONHASHSEED": "4711"})
