"""Paths that the stages read and write. dvc.yaml lists them for each stage."""

from __future__ import annotations

from pathlib import Path

from hydra.core.hydra_config import HydraConfig

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = str(ROOT / "configs")

# Relative to ROOT for reading and to outputs() for writing.
RAW = Path("data/raw")
INTERIM = Path("data/interim")
PROCESSED = Path("data/processed")
COUNTS = Path("reports/data_counts.json")
MODELS = Path("models")
METRICS = Path("reports/metrics.json")
DETAILS = Path("reports/details.json")
PREDICTIONS = Path("reports/predictions.parquet")
FIGURES = Path("reports/figures")
REPORT = Path("reports/report.html")


def outputs() -> Path:
    """Folder that a stage writes to: the project for the pipeline, Hydra's output folder for a run with overrides."""
    hydra = HydraConfig.get()
    return Path(hydra.runtime.output_dir) if hydra.overrides.task else ROOT
