"""Write reports/explore.html, the page to look at before a model, and its numbers."""

from __future__ import annotations

import hydra
from omegaconf import DictConfig

from ..common.config import load
from ..common.data_paths import EXPLORED, PROFILE, PROFILE_BEFORE, TABLE
from ..common.files import read_json, read_parquet, write_json, write_text
from ..common.paths import CONFIGS, COUNTS, ROOT, outputs
from ..rendering import render
from .changes import changes
from .profile import profile


@hydra.main(version_base="1.3", config_path=CONFIGS, config_name="config")
def main(cfg: DictConfig) -> None:
    """Write data/interim/profile.json and reports/explore.html."""
    data = load(cfg).data
    found = profile(read_parquet(ROOT / TABLE), data, read_json(ROOT / COUNTS)["columns"])
    before = read_json(ROOT / PROFILE_BEFORE)
    write_json(outputs() / PROFILE, found)
    # The numbers of another table say nothing about this one.
    changed = changes(before, found) if before.get("of") == found["of"] else None
    write_text(outputs() / EXPLORED, render("explore.html", table=found, changed=changed, note=data.note))
    print(f"open {outputs() / EXPLORED}")


if __name__ == "__main__":
    main()
