"""What the judge and a project's stage runner (`mlops/stage.py`) agree on. Neither imports the other.

docs/contract.md documents it, and each side has a test that reads that page. A project without the runner needs none
of it.
"""

from __future__ import annotations

from pathlib import Path

# Variables that the runner fixes for every stage, and the judge for every command of the clean room.
FIXED = {
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
    "LANG": "C.UTF-8",
    "MPLBACKEND": "Agg",
    "SOURCE_DATE_EPOCH": "0",
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
    "HYDRA_FULL_ERROR": "1",
}
# Both set all of them to the number of threads that CONFIG names.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
# The file with the line "threads: N".
CONFIG = "configs/config.yaml"
# JSON of variables that the runner sets instead of its own: the judge tries other circumstances by it.
INSTEAD = "MLOPS_INSTEAD"
# The runner's folder and main file.
RUNNER = "mlops/"
RUNNER_MAIN = "mlops/stage.py"
# The runner reads these for its records: they are no inputs of a stage.
READ_BY_RUNNER = ("configs/", "requirements/")
# The store of a project's MLflow runs: the variable that names it, and the file without that.
STORE = "MLFLOW_TRACKING_URI"
DATABASE = "mlflow.db"
# The project's own environment.
VENV = ".venv"
# The locks of its groups, and the judge's wheel.
BASE_LOCK = "requirements/base.lock"
DEV_LOCK = "requirements/dev.lock"
BUILD_LOCK = "requirements/build.lock"
DEEP_LOCKS = "requirements/deep-*.lock"
WHEELS = "requirements/probado-*.whl"
# Folders for the proof; the second serves where the first is an output as a whole.
PROOF_FOLDERS = ("reports", "proof")
# The files of a proof. A proof covers the commit without them.
PROOF_KINDS = ("json", "json.sig", "md", "html", "svg")
PROOF_FILES = tuple(f"{folder}/proof.{kind}" for folder in PROOF_FOLDERS for kind in PROOF_KINDS)


def has_runner(root: Path) -> bool:
    """Whether a project has the stage runner, known by the variable that it obeys."""
    main = root / RUNNER_MAIN
    return main.is_file() and INSTEAD in main.read_text(encoding="utf-8", errors="replace")
