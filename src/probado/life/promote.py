"""probado promote: register the present model, and make it the champion if it passes the gate."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from probado.errors import Refused
from probado.files import read_frame
from probado.life.decision import CHAMPION, LOCK, decide, only_one
from probado.life.gate import Finding, judge
from probado.life.ready import proven, up_to_date
from probado.life.science import comparison, threads_of
from probado.life.success import BASELINE, Success, read_success
from probado.life.version import PREDICTED, PROFILE, Version, make_version, predict
from probado.life.watch.profile import profile_of

if TYPE_CHECKING:
    import pandas as pd

    from probado.life.registry import Registry

# Exit status where the model became the challenger.
CHALLENGED = 3
PREDICTIONS = Path("reports/predictions.parquet")
# By how much a prediction may differ from the evaluated one: networks compute a batch of another size in another order.
TOLERANCE = 1e-6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--module", required=True, help="the project's Python module")
    parser.add_argument("--unproven", action="store_true", help="ask for no proof of the present commit")
    # make retrain trains in a clone, whose model joins those of the project.
    parser.add_argument("--home", type=Path, default=Path(), help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    """Promote; returns the exit status: 0 champion, 3 challenger."""
    root, home = Path.cwd(), options.home.resolve()
    with only_one(home):
        return promote(root, options.module, options.unproven, home)


def promote(root: Path, module: str, unproven: bool, home: Path) -> int:
    """Ask the gate about the present model, register it, carry out what is decided; returns the exit status.

    Args:
        root: the folder of the code, data and model.
        module: the project's package.
        unproven: whether no proof is asked for.
        home: the folder of the project's registry.
    """
    success, model = read_success(root), up_to_date(root)
    proof = "not asked for" if unproven else proven(root, model)
    from probado.life.registry import Registry

    registry = Registry(module, home)
    registry.finish()
    # Beside the versions, because one is moved there.
    with tempfile.TemporaryDirectory(dir=home / LOCK.parent) as name:
        aside = Path(name)
        version = make_version(root, module, aside / "version")
        known = registry.known(version.digest)
        if known and known == registry.champion():
            print(f"version {known} is this model, and the champion already")
            return 0
        findings = ask(root, registry, version, aside, success)
        number = known or registry.register(version, aside / "version", model)
    decision = decide(root, registry, number, "promote", proof, findings, registry.champions())
    return 0 if decision.outcome == CHAMPION else CHALLENGED


def ask(root: Path, registry: Registry, version: Version, aside: Path, success: Success) -> list[Finding]:
    """What the gate finds.

    Args:
        root: the project's folder.
        registry: knows the champion.
        version: the candidate, whose files lie in `aside / "version"`.
        aside: for what processes exchange.
        success: what a model must reach.

    Raises:
        Refused: the model predicts the test rows otherwise than it was evaluated, or success.yaml asks in vain.
    """
    compared, threads = comparison(version.module, root), threads_of(root)
    candidate = predict(aside / "version", version, compared.rows, threads, aside).loc[compared.places]
    candidate = candidate.reset_index(drop=True)
    agree(candidate, root)
    inputs = json.loads((aside / PREDICTED).with_suffix(".json").read_text(encoding="utf-8"))
    profile = profile_of(compared.rows, candidate, inputs, compared.targets)
    (aside / "version" / PROFILE).write_text(profile.model_dump_json(indent=1) + "\n", encoding="utf-8")
    others: dict[str, pd.DataFrame] = {BASELINE: compared.of_baseline()}
    missing = []
    if before := registry.champion():
        name = f"champion, version {before}"
        try:
            folder, champion = registry.folder(before)
            found = predict(folder, champion, compared.rows, threads, aside)
            others[name] = found.loc[compared.places].reset_index(drop=True)
        except (Refused, KeyError) as error:
            said = f"it cannot predict these test rows: {error}"
            missing = [Finding(question=f"comparable with the {name}", held=False, detail=said)]
    try:
        return judge(success, compared, candidate, others) + missing
    except ValueError as error:
        raise Refused(f"success.yaml: {error}") from None


def agree(candidate: pd.DataFrame, root: Path) -> None:
    """Refuse a model whose predictions of the source's rows are not those by which it was evaluated."""
    import numpy as np

    evaluated = read_frame(root / PREDICTIONS).reset_index(drop=True)
    if len(evaluated) != len(candidate):
        raise Refused(f"the model predicts {len(candidate)} of {len(evaluated)} test rows")
    numbers = [name for name in candidate.columns if name.startswith("p(")] or ["predicted"]
    apart = np.abs(candidate[numbers].to_numpy(float) - evaluated[numbers].to_numpy(float))
    scale = 1.0 if numbers != ["predicted"] else float(np.abs(evaluated["predicted"]).max()) or 1.0
    if not apart.max(initial=0) <= TOLERANCE * scale:
        other = int((apart > TOLERANCE * scale).any(axis=1).sum())
        raise Refused(
            f"{other} of {len(candidate)} test rows are predicted otherwise than in {PREDICTIONS}, by up to "
            f"{apart.max():.3g}: modeling/predict.py makes other features than the pipeline"
        )
