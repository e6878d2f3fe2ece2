"""What happens on some runs only is told as that, and no experiment is believed that a run without it contradicts."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace

import pytest

from probado.prove.circumstances import ONE_THREAD, Circumstance
from probado.prove.laboratory import Laboratory, Unsteady, patience
from probado.prove.rerun import StageRun
from probado.repository.dvc import read_pipeline
from probado.room.process import Outcome
from tests.probado.conftest import SORT, Make, Prove, stage


def test_a_clock_of_seconds_that_goes_on_while_the_judge_experiments(make: Make, prove: Prove) -> None:
    repository = make({"now": stage("date -u '+%F %T' > now.txt", ["raw.txt"], "now.txt")})
    # As if it had run long ago: a judge that is quick would see the second of the commit.
    repository.write(**{"now.txt": "2020-01-01 00:00:00\n"})
    repository.record()
    repository.commit()
    verdict = prove(repository)
    assert verdict.causes == [("now", "clock-written")], verdict.said


class Scripted(Laboratory):
    """A laboratory whose runs give what they are told: what a clock does to real ones is not the same twice."""

    def __init__(self, first: StageRun, results: list[str]) -> None:
        self.first, self.outputs, self.before = first, ["sorted.txt"], ("usual",)
        self.experiments, self.results = [], iter(results)
        self.bench = SimpleNamespace(room=SimpleNamespace(clock=None))  # type: ignore[assignment]

    def again(self, *circumstances: Circumstance, whole: bool = False) -> tuple[str | None, ...]:
        return (next(self.results),)

    def _is_possible(self, circumstance: Circumstance, what: str) -> bool:
        return True


@pytest.mark.parametrize(
    ("results", "changes"),
    [
        (["other", "usual", "other", "usual", "other"], True),
        (["usual"], False),
        # Another run without the circumstance gives something else, or one with it the usual.
        (["other", "third"], None),
        (["other", "usual", "usual"], None),
    ],
)
def test_a_circumstance_changes_a_stage_each_time_and_only_then(
    make: Make, results: list[str], changes: bool | None
) -> None:
    first = StageRun(read_pipeline(make({"sort": SORT}).path).stages[0], Outcome(0, 0.1, ""))
    lab = Scripted(first, results)
    with pytest.raises(Unsteady) if changes is None else contextlib.nullcontext():
        assert lab.changes(ONE_THREAD) is changes
    assert next(lab.results, None) is None


# An output that stays lets a stage know whether it ran before: it fails the first time in each place.
AT_FIRST = "test -e seen || { echo 1 > seen; echo solver did not converge; exit 1; }; sort raw.txt > o"


def test_a_stage_that_fails_on_some_runs(make: Make, prove: Prove) -> None:
    outs = ["o", {"seen": {"persist": True}}]
    repository = make({"solve": stage(f"echo 1 > seen; {AT_FIRST}", ["raw.txt"], *outs)}, **{"notes.md": "unrelated"})
    repository.edit("dvc.yaml", "echo 1 > seen; test", "test")
    repository.edit("dvc.lock", "echo 1 > seen; test", "test")
    repository.commit()
    verdict = prove(repository)
    assert (verdict.status, verdict.causes) == (1, [("solve", "fails-sometimes")]), verdict.said
    assert "solver did not converge" in verdict.said


def test_a_folder_that_a_stage_leaves_behind_is_not_there_when_it_runs_again(make: Make, prove: Prove) -> None:
    command = "mkdir work && date +%N > work/t && mv work/t o"
    verdict = prove(make({"sort": SORT, "now": stage(command, ["raw.txt"], "o")}, **{".gitignore": "/work\n"}))
    assert not [one for one in verdict.evidence["causes"][0]["experiments"] if "File exists" in one["result"]]
    assert verdict.causes[0][1] in {"clock-written", "clock-seed"}, verdict.said


def test_an_experiment_does_not_wait_for_the_limit_of_a_stage() -> None:
    # A loop that waits for a clock that stands still never ends.
    assert (patience(0.2, 21600), patience(3600, 21600), patience(0.2, 10)) == (22, 21600, 10)


def test_a_stage_that_ends_without_a_word(make: Make, prove: Prove) -> None:
    repository = make({"end": stage("sort raw.txt > o", ["raw.txt"], "o")})
    for name in ("dvc.yaml", "dvc.lock"):
        repository.edit(name, "cmd: sort raw.txt > o", "cmd: kill -9 $$")
    repository.commit()
    verdict = prove(repository)
    assert verdict.causes == [("end", "error")] and "without a message" in verdict.said, verdict.said
