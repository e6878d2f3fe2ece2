"""The output depends on the locale."""

from __future__ import annotations

from probado.prove.causes.base import OtherPlace
from probado.prove.circumstances import Circumstance


class LocaleUsed(OtherPlace):
    name = "locale"
    says = "the output depends on the locale"
    fix = 'name encodings and formats, such as open(path, encoding="utf-8")'
    rank = 210
    perturbs = Circumstance("locale", "C", {"LC_ALL": "C", "LANG": "C"})
