"""Where the stages read and write, below the project's folder; dvc.yaml says which stage does what."""

from __future__ import annotations

from pathlib import Path

# Folders: a simulation leaves several tables, a file of the telescope is one.
RAW = Path("data/raw/tables")
INTERIM = Path("data/interim/tables")
# The name of the telescope's table in both.
TABLE = "data.csv"
COUNTS = Path("reports/data_counts.json")
PROCESSED = Path("data/processed")
MODELS = Path("models")
METRICS = Path("reports/metrics.json")
PREDICTIONS = Path("reports/predictions.parquet")
FIGURES = Path("reports/figures")
REPORT = Path("reports/report.html")
CARD = Path("docs/model_card.md")
