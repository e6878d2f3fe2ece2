"""Write a table to measure with: python data.py ROWS FILE COLUMNS. Runs in the environment of a made project.

Columns of normal deviates, rounded to five digits, and a class with signal; the same bytes on every call.
"""

from __future__ import annotations

import sys

import numpy as np
import pyarrow as pa
from pyarrow import csv


def main(rows: int, path: str, count: int) -> None:
    """Write the table as CSV."""
    rng = np.random.default_rng(42)
    features = rng.standard_normal((rows, count)).round(5)
    weights = rng.standard_normal(count)
    score = features @ weights + 2 * features[:, 0] * features[:, 1] + 4 * rng.standard_normal(rows)
    columns = {f"x{number:02}": features[:, number] for number in range(count)}
    columns["class"] = np.where(score > 0, "yes", "no")
    options = csv.WriteOptions(quoting_style="none")
    csv.write_csv(pa.table(columns), path, options)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
