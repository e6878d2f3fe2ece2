"""A pipeline as plain values. Paths are POSIX texts that start at the root of the project."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from probado.errors import Refused
from probado.repository.paths import overlaps
from probado.repository.rule import Rule


@dataclass(frozen=True)
class Output:
    """An output of a stage, as committed."""

    path: str
    stage: str
    # The name that DVC has for its hash, and the hash in dvc.lock.
    algorithm: str
    recorded: str | None
    cached: bool
    persist: bool
    rule: Rule
    # The rule on another kind of processor or number of threads, where one is declared.
    rule_elsewhere: Rule | None


@dataclass(frozen=True)
class Stage:
    """What a stage runs, where, what it reads and what it writes."""

    name: str
    commands: tuple[str, ...]
    folder: str
    # Path: algorithm and recorded hash.
    deps: dict[str, tuple[str, str | None]]
    parameters: frozenset[str]
    outs: tuple[Output, ...]
    # It declares that it brings raw data, by meta: {network: true}.
    source: bool
    # dvc.lock has an entry of it.
    recorded: bool
    # What changed since that entry: its command, parameters.
    stale: tuple[str, ...] = ()
    # dvc repro does not run it.
    frozen: bool = False

    def words(self) -> list[str]:
        """What stands between spaces in its commands."""
        return [word for line in self.commands for word in line.split()]


@dataclass(frozen=True)
class RawData:
    """A file or folder that DVC keeps and no stage writes (dvc add, import, import-url)."""

    path: str
    file: str
    algorithm: str
    recorded: str | None


@dataclass
class Pipeline:
    """All stages in the order in which they run, and the data that they start from."""

    stages: list[Stage] = field(default_factory=list)
    data: list[RawData] = field(default_factory=list)

    def outs(self) -> Iterator[Output]:
        """Every output of every stage."""
        for stage in self.stages:
            yield from stage.outs

    def contradictions(self) -> Iterator[tuple[Stage, Output]]:
        """Each stage with an output that it reads, of which dvc.lock has another hash as input than as output."""
        made = {out.path: out for out in self.outs()}
        for stage in self.stages:
            for path, (_, recorded) in stage.deps.items():
                if path in made and made[path].recorded != recorded:
                    yield stage, made[path]

    def paths(self) -> set[str]:
        """Every output, and all data that the stages start from."""
        return {*(out.path for out in self.outs()), *(data.path for data in self.data)}

    def recorded_data(self) -> dict[str, str]:
        """Recorded hashes of the data that the stages start from, by path."""
        return {data.path: data.recorded or "" for data in self.data}

    def may_bring(self, stage: Stage) -> bool:
        """Whether a stage may bring raw data: none declares that it does, and this one reads nothing of the others."""
        declared = any(one.source for one in self.stages)
        return not declared and not any(overlaps(dep, self.paths()) for dep in stage.deps)


def check_rules(pipeline: Pipeline) -> None:
    """Check that each output judged by another one is an input of it.

    A rule for other machines may also name an input of the output, because there every stage runs twice and must agree.

    Raises:
        Refused: an output is judged by one that is not made from it.
    """
    writer = {out.path: out.stage for out in pipeline.outs()}
    later: dict[str, set[str]] = {}
    for stage in pipeline.stages:
        read = {writer[path] for path in writer if overlaps(path, stage.deps)}
        later[stage.name] = {stage.name}
        for reached in later.values():
            if read & reached:
                reached.add(stage.name)
    for out in pipeline.outs():
        if out.rule.by and writer.get(out.rule.by) not in later[out.stage]:
            raise Refused(f"dvc.yaml: {out.path} is compared by {out.rule.by}, which is no output made from it")
