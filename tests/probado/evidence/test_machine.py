"""What tells machines apart on which last digits may differ."""

from __future__ import annotations

from pathlib import Path

import pytest

from probado.evidence import machine


def test_another_gpu_is_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "NVIDIA", tmp_path)
    without = machine.this_machine(2, "3.11.7", "")
    (tmp_path / "version").write_text("NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22\n")
    card = tmp_path / "gpus" / "0000:01:00.0" / "information"
    card.parent.mkdir(parents=True)
    card.write_text("Model: \t\t NVIDIA H200\nIRQ:   \t\t 99\n")
    first = machine.this_machine(2, "3.11.7", "")
    assert (without.gpu, first.gpu) == ("", "NVIDIA H200, driver 550.54.14")
    card.write_text("Model: \t\t NVIDIA A100\n")
    second = machine.this_machine(2, "3.11.7", "")
    assert machine.last_digits_may_differ(first, second)
    assert machine.last_digits_may_differ(without, first)
    assert not machine.last_digits_may_differ(second, second)
