"""Write the report and the model card, from measured values only."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from .common.config import Config, load
from .common.files import read_json, read_parquet, replacing, sha256, write_text
from .common.paths import CONFIGS, COUNTS, DETAILS, FIGURES, METRICS, MODELS, PREDICTIONS, REPORT, ROOT, outputs
from .rendering import png, render

CARD = Path("docs/model_card.md")
SHUFFLED = {"features": "Each feature shuffled", "together": "Features that are alike, shuffled together"}
WHY = {
    "stratified": "Rows are drawn at random, with the same share of every class in each part: taken as independent.",
    "random": "Rows are drawn at random: taken as independent.",
    "grouped": "Rows that belong together are in one part, because a model recognises what it has seen.",
    "time": "The test rows are later than all others, as the rows are for which the model is used.",
    "given": "The test rows were set apart by whoever made the data.",
}


def provenance() -> dict[str, str]:
    """SHA-256 of the files behind the results, by path."""
    names = [
        Path("requirements/base.lock"),
        COUNTS,
        DETAILS,
        METRICS,
        PREDICTIONS,
        *sorted(MODELS / path.name for path in (ROOT / MODELS).iterdir()),
    ]
    return {name.as_posix(): sha256(ROOT / name) for name in names}


def values(config: Config) -> dict[str, Any]:
    """All values of the report and the card."""
    manifest = read_json(ROOT / MODELS / "manifest.json")
    return {
        # The settings of the model as it was trained, defaults included.
        "config": config.model_dump() | {"model": manifest["model"]},
        "table": HydraConfig.get().runtime.choices["data"],
        "features": manifest["features"],
        "scores": manifest["scores"],
        "counts": read_json(ROOT / COUNTS),
        "report": read_json(ROOT / METRICS),
        "details": read_json(ROOT / DETAILS),
        "provenance": provenance(),
        "why_split": WHY[config.split.kind],
    }


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="config")
def main(cfg: DictConfig) -> None:
    """Write reports/figures, reports/report.html and docs/model_card.md."""
    from . import charts, plots

    config = load(cfg)
    facts = values(config)
    drawn = {"comparison": charts.comparison(facts["report"]["metrics"], facts["report"]["baseline"])}
    drawn |= plots.figures(read_parquet(ROOT / PREDICTIONS), config)
    found = facts["details"]["importances"]
    for kind, title in SHUFFLED.items():
        if found[kind]:
            drawn[f"importance_{kind}"] = charts.importances(found[kind], title)
    images = {name: png(figure) for name, figure in drawn.items()}
    with replacing(outputs() / FIGURES) as partial:
        partial.mkdir()
        for name, image in images.items():
            (partial / f"{name}.png").write_bytes(image)
    embedded = {name: base64.b64encode(image).decode() for name, image in images.items()}
    write_text(outputs() / REPORT, render("report.html", figures=embedded, pages=plots.PAGES, **facts))
    write_text(outputs() / CARD, render("model_card.md", **facts))
    print(f"open {outputs() / REPORT}")


if __name__ == "__main__":
    main()
