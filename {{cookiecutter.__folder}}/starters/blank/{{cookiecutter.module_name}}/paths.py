"""Where the stages read and write, below the project's folder; dvc.yaml says which stage does what."""

from __future__ import annotations

from pathlib import Path

RAW = Path("data/raw/data.npz")
CLEAN = Path("data/interim/data.npz")
COUNTS = Path("reports/data_counts.json")
PROCESSED = Path("data/processed")
MODELS = Path("models")
METRICS = Path("reports/metrics.json")
PREDICTIONS = Path("reports/predictions.parquet")
FIGURES = Path("reports/figures")
REPORT = Path("reports/report.html")
