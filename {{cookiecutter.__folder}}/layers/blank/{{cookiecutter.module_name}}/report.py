"""Write one page with the results, from measured values only.

Yours: replace `figure` and `page` with what your readers need.
"""

from __future__ import annotations

import base64
from typing import Any

import hydra
from matplotlib.figure import Figure
from omegaconf import DictConfig

from .common.config import load
from .common.files import read_json, replacing, write_text
from .common.paths import CONFIGS, FIGURES, METRICS, REPORT, ROOT, outputs


def figure(report: dict[str, Any]) -> Figure:
    """The accuracy of model and baseline with their intervals. `report` is reports/metrics.json."""
    drawn = Figure(figsize=(4, 3), layout="constrained")
    axes = drawn.subplots()
    for place, kind in enumerate(("metrics", "baseline")):
        metric = report[kind]["accuracy"]
        axes.plot(place, metric["value"], "o")
        axes.vlines(place, metric["low"], metric["high"])
    axes.set_xticks([0, 1], [report["model"], "baseline"])
    axes.set(xlim=(-0.5, 1.5), ylabel="accuracy", title=f"{report['rows']} test samples")
    return drawn


def page(report: dict[str, Any], image: bytes) -> str:
    """The page as one HTML file, with the PNG image inside."""
    row = "<tr><td>{name}</td><td>{value:.4g}</td><td>[{low:.4g}, {high:.4g}]</td></tr>".format
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{report["model"]}</title>
<h1>{report["model"]}</h1>
<p>Accuracy on {report["rows"]} test samples, in brackets the {report["confidence"]:.0%} interval.</p>
<table>
{row(name=report["model"], **report["metrics"]["accuracy"])}
{row(name="baseline", **report["baseline"]["accuracy"])}
</table>
<p><img alt="accuracy of model and baseline" src="data:image/png;base64,{base64.b64encode(image).decode()}"></p>
</html>
"""


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="config")
def main(cfg: DictConfig) -> None:
    """Write reports/figures and reports/report.html."""
    load(cfg)
    report = read_json(ROOT / METRICS)
    with replacing(outputs() / FIGURES) as partial:
        partial.mkdir()
        # Without the version of matplotlib, so that the same pixels give the same bytes.
        figure(report).savefig(partial / "accuracy.png", dpi=110, metadata={"Software": None})
        image = (partial / "accuracy.png").read_bytes()
    write_text(outputs() / REPORT, page(report, image))
    print(f"open {outputs() / REPORT}")


if __name__ == "__main__":
    main()
