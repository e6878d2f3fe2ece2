"""The page on which runner and judge agree, as values."""

from __future__ import annotations

import re

from tests.project import TEMPLATE

PAGE = (TEMPLATE / "docs" / "contract.md").read_text(encoding="utf-8")
FIXED = dict(re.findall(r"(?m)^\| `(\w+)` \| `(.+)` \|$", PAGE))
THREADS = tuple(re.findall(r"`(\w+_(?:NUM|MAXIMUM)_THREADS)`", PAGE))
LOCKS = tuple(re.findall(r"`(requirements/[\w-]+\.lock)`", PAGE))
PROOF_KINDS = tuple(re.findall(r"`proof\.([\w.]+)`", PAGE))
