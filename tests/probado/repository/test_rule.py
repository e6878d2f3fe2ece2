"""Declarations of how outputs are compared."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from probado.repository.rule import parse_rule
from probado.text import first_mistake


@pytest.mark.parametrize(
    ("declared", "shown"),
    [
        ("bytes", "bytes"),
        ("content", "content"),
        ("interval", "interval"),
        ({"rtol": 1e-6}, "rtol 1e-06"),
        ({"atol": 0.5, "columns": {"score": {"rtol": 0.1}}}, "atol 0.5, score: rtol 0.1, atol 0"),
        ({"by": "metrics.json"}, "by metrics.json"),
    ],
)
def test_rules_are_shown_in_the_evidence(declared: Any, shown: str) -> None:
    assert str(parse_rule(declared)) == shown


@pytest.mark.parametrize(
    ("declared", "mistake"),
    [
        ("byte", "form: Input should be 'bytes', 'content' or 'interval'"),
        ({"rtol": -1}, "rtol: Input should be greater than or equal to 0"),
        ({"tol": 1}, "tol: Extra inputs are not permitted"),
        ({"columns": {"score": {"rtl": 1}}}, "columns.score.rtl: Extra inputs are not permitted"),
    ],
)
def test_a_mistyped_rule_is_named(declared: Any, mistake: str) -> None:
    with pytest.raises(ValidationError) as raised:
        parse_rule(declared)
    assert first_mistake(raised.value) == mistake
