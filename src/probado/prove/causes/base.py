"""What a cause is: a name, a sentence, what mends it, and the questions that it can answer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from probado.evidence.proof import CauseResult, Experiment
from probado.prove.circumstances import Circumstance
from probado.prove.laboratory import Difference, Laboratory
from probado.prove.rerun import Bench, StageRun
from probado.repository.pipeline import Pipeline
from probado.text import last_line


@dataclass(frozen=True)
class Finding:
    """A stage, and what was seen there."""

    stage: str
    detail: str


@dataclass(frozen=True)
class Failure:
    """A stage that failed."""

    bench: Bench
    run: StageRun

    @property
    def said(self) -> str:
        """The last line of its output."""
        return last_line(self.run.outcome.output)


class Cause:
    """Why a stage gave something else than was committed.

    Subclass it in a module of this folder: nothing else lists causes. Each method answers one question with a detail
    for people, or with None: not this cause. At each point of a proof the causes are asked by rank, the lowest first.
    """

    name: ClassVar[str]
    says: ClassVar[str]
    fix: ClassVar[str]
    rank: ClassVar[int]
    # It says nothing about the project, such as a download that failed.
    inconclusive: ClassVar[bool] = False
    # Part of the other place in which --perturb reruns the pipeline; --diagnose tries it alone.
    perturbs: ClassVar[Circumstance | None] = None
    # What --diagnose tries besides.
    tries: ClassVar[Circumstance | None] = None

    def in_commit(self, pipeline: Pipeline, root: Path) -> Finding | None:
        """Does the commit contradict its dvc.lock, before anything runs? `root` is a fresh clone."""
        return None

    def in_run(self, run: StageRun) -> str | None:
        """Did a stage break a rule while it ran, whether or not it succeeded?"""
        return None

    def in_failure(self, failure: Failure) -> str | None:
        """Is it why a stage failed, by what was seen?"""
        return None

    def in_failure_by_rerun(self, failure: Failure) -> str | None:
        """Is it why a stage failed, by running it again otherwise?"""
        return None

    def between_stages(self, pipeline: Pipeline, runs: dict[str, StageRun]) -> Finding | None:
        """Do entries of dvc.lock contradict each other, after all stages ran?"""
        return None

    def in_content(self, difference: Difference) -> str | None:
        """Is it why outputs differ, by what is in them?"""
        return None

    def in_variation(self, lab: Laboratory) -> str | None:
        """Is it why a stage gives something else on every run?"""
        return None

    def in_steady(self, difference: Difference) -> str | None:
        """Is it why a stage gives the same on every run, and not what was committed?"""
        return None

    def in_the_end(self, difference: Difference) -> str | None:
        """Is it why outputs differ, after no experiment explained it?"""
        return None

    def after_all(self, bench: Bench, runs: dict[str, StageRun]) -> list[Finding]:
        """What went wrong although every output came out as committed?"""
        return []

    @classmethod
    def result(cls, stage: str, detail: str, experiments: list[Experiment] | None = None) -> CauseResult:
        """This cause as evidence."""
        return CauseResult(
            stage=stage,
            cause=cls.name,
            says=cls.says,
            fix=cls.fix,
            detail=detail,
            inconclusive=cls.inconclusive,
            experiments=experiments or [],
        )


class OtherPlace(Cause):
    """A cause that is found by one circumstance: does it change what comes out?"""

    perturbs: ClassVar[Circumstance]

    def in_steady(self, difference: Difference) -> str | None:
        return "" if difference.lab.changes(self.perturbs) else None


class SameContent(Cause):
    """A cause that is seen in the bytes: two outputs hold the same content, which a format wraps in other bytes."""

    @staticmethod
    def same(one: Path, other: Path) -> bool:
        """Whether two outputs hold a file with the same content in other bytes."""
        raise NotImplementedError

    def in_variation(self, lab: Laboratory) -> str | None:
        return "" if any(self.same(*pair) for pair in lab.first_and_latest()) else None

    def in_steady(self, difference: Difference) -> str | None:
        return "" if any(self.same(*pair) for pair in difference.committed_and_first()) else None
