"""Simulate and featurise showers, print time and memory as JSON. Runs on one core, in a made project of the example.

python scale.py simulate              80,000 station rows, as many as the thesis had, from nothing to features
python scale.py features ROWS FOLDER  station rows of features alone, from tables repeated to that number
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
sys.path.insert(0, ".")
begun = time.perf_counter()

import pyarrow as pa  # noqa: E402
import pyarrow.compute as pc  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
from hydra import compose, initialize_config_dir  # noqa: E402
from showers.common.config import Config, load  # noqa: E402
from showers.common.rows import Showers  # noqa: E402
from showers.dataset.showers import prepare_showers  # noqa: E402
from showers.features import featurize  # noqa: E402
from showers.row_groups import appending  # noqa: E402
from showers.simulation.generate import write  # noqa: E402
from showers.split import PARTS  # noqa: E402

IMPORTS = time.perf_counter() - begun
# Enough showers for the rows of the thesis, four classes of 20,000.
SHOWERS = 8000
# Stations last: their rows are counted.
TABLES = ("events", "stations")


def configured() -> Config:
    """The project's configuration at the level of stations."""
    with initialize_config_dir(str(Path("configs").resolve()), version_base="1.3"):
        return load(compose("config", ["features=station", f"data.showers={SHOWERS}"]))


def prepared(folder: Path, config: Config) -> int:
    """Simulate and prepare below a folder, with one worker; returns the station rows."""
    assert isinstance(config.data, Showers)
    rows: int = write(folder / "raw", config.data, config.seed, 1)["stations"]
    prepare_showers(folder / "raw", folder / "interim", config.data)
    return rows


def targets(folder: Path) -> dict[str, Path]:
    """Paths of the features."""
    return {name: folder / f"{name}.parquet" for name in PARTS}


def repeated(folder: Path, config: Config, rows: int) -> None:
    """The tables of the simulation over and over, each time with new numbers of showers, up to at least these rows."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as once:
        prepared(Path(once), config)
        with appending() as append:
            files = {name: pq.ParquetFile(Path(once, "interim", f"{name}.parquet")) for name in TABLES}
            groups = files["events"].num_row_groups
            found = number = 0
            while found < rows:
                again, group = divmod(number, groups)
                for name, file in files.items():
                    table = file.read_row_group(group)
                    shower = pc.add(table["shower"], pa.scalar(again * SHOWERS))
                    append(folder / f"{name}.parquet", table.set_column(0, "shower", shower))
                found += len(table)
                number += 1


def main(what: str, arguments: list[str]) -> dict[str, float]:
    """Measure; returns seconds, rows, seconds of imports, and the peak of memory in MiB."""
    config = configured()
    with tempfile.TemporaryDirectory(dir=".") as scratch:
        if what == "simulate":
            begun = time.perf_counter()
            rows = prepared(Path(scratch), config)
            folder = Path(scratch, "interim")
        else:
            rows, folder = int(arguments[0]), Path(arguments[1])
            if not folder.is_dir():
                folder.mkdir()
                repeated(folder, config, rows)
                # The next call measures, because making the tables takes memory of its own.
                return {}
            rows = pq.ParquetFile(folder / "stations.parquet").metadata.num_rows
            begun = time.perf_counter()
        featurize(folder, targets(Path(scratch)), config)
        seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "rows": rows, "imports": IMPORTS, "memory": peak}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2:])))
