"""One page that shows what came out, and the model card: both from measured figures only."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import hydra
import pandas as pd
from omegaconf import DictConfig

from .config import Config, load
from .files import read_json, replacing, sha256, write_text
from .paths import CARD, COUNTS, FIGURES, METRICS, MODELS, PREDICTIONS, REPORT
from .strict import CONFIGS, ROOT, outputs


def render(template: str, **values: Any) -> str:
    """Fill a template of templates/ in; a name that it lacks is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = Path(__file__).parent / "templates"
    environment = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=template.endswith(".html"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render(**values)


def provenance() -> dict[str, str]:
    """SHA-256 of what the results come from, by path."""
    names = [
        Path("requirements/base.lock"),
        COUNTS,
        METRICS,
        PREDICTIONS,
        *sorted(MODELS / path.name for path in (ROOT / MODELS).iterdir()),
    ]
    return {name.as_posix(): sha256(ROOT / name) for name in names}


def png(figure: Any) -> bytes:
    """The figure as PNG: the same pixels give the same bytes."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=110, metadata={"Software": None})
    return stream.getvalue()


def values(config: Config) -> dict[str, Any]:
    """Everything that the page and the card say."""
    return {
        "config": config.model_dump(),
        "counts": read_json(ROOT / COUNTS),
        "report": read_json(ROOT / METRICS),
        "provenance": provenance(),
    }


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="config")
def main(cfg: DictConfig) -> None:
    """Write reports/figures, reports/report.html and docs/model_card.md."""
    from . import charts, plots

    config = load(cfg)
    facts = values(config)
    drawn = {"comparison": charts.comparison(facts["report"]["metrics"], facts["report"]["baseline"])}
    drawn |= plots.figures(pd.read_parquet(ROOT / PREDICTIONS), config)
    images = {name: png(figure) for name, figure in drawn.items()}
    with replacing(outputs() / FIGURES) as partial:
        partial.mkdir()
        for name, image in images.items():
            (partial / f"{name}.png").write_bytes(image)
    embedded = {name: base64.b64encode(image).decode() for name, image in images.items()}
    write_text(outputs() / REPORT, render("report.html", figures=embedded, **facts))
    write_text(outputs() / CARD, render("model_card.md", **facts))
    print(f"open {outputs() / REPORT}")


if __name__ == "__main__":
    main()
