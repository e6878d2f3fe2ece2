"""What look writes: the configuration of a table, the choice of it, and its data dictionary."""

from __future__ import annotations

import json
import re
import shutil
import unicodedata
from pathlib import Path
from typing import Any

from ...common.data_paths import PROFILE, PROFILE_BEFORE
from ...common.files import read_json, sha256, write_text
from ...common.paths import CONFIGS, ROOT
from ...common.table import Data
from .sniff import Sniffed

EXTERNAL = Path("data/external")
# Bytes up to which a file from elsewhere is copied into the project; git hosts refuse files of 100 MB.
SMALL = 50 * 2**20
HEADER = ("column", "type", "unit", "role", "range or values", "missing", "example", "meaning")


def bring(file: Path) -> str:
    """The path of the file as the project names it; a small one from elsewhere is copied into data/external.

    Raises:
        ValueError: another file of its name is there.
    """
    file = file.resolve()
    if file.is_relative_to(ROOT):
        return file.relative_to(ROOT).as_posix()
    if file.stat().st_size > SMALL:
        print(f"note: {file} stays where it is: whoever reproduces the project needs it there")
        return file.as_posix()
    copy = ROOT / EXTERNAL / file.name
    if copy.exists() and sha256(copy) != sha256(file):
        raise ValueError(f"{EXTERNAL / file.name} is another file: rename one of them, or put the new version there")
    shutil.copyfile(file, copy)
    print(f"copied to {EXTERNAL / file.name}")
    return (EXTERNAL / file.name).as_posix()


def slug(file: Path) -> str:
    """A name for a file in configs/data/."""
    plain = unicodedata.normalize("NFKD", file.stem).encode("ascii", "ignore").decode().lower()
    return re.sub(r"\W+", "_", plain).strip("_") or "table"


def config_of(name: str) -> Path:
    """The file in configs/data/ of a table."""
    return Path(CONFIGS) / "data" / f"{name}.yaml"


def renew(name: str, place: str) -> bool:
    """Whether a table that is configured already has a new version; its hash is all that changes then.

    The numbers of the version before are kept, so that the exploratory report says what changed.
    """
    path = config_of(name)
    if not path.is_file():
        return False
    text, now = path.read_text(encoding="utf-8"), sha256(ROOT / place)
    configured = re.search(r"(?m)^  sha256: \"?([0-9a-f]{64})", text)
    if configured is None or configured[1] == now or f"  path: {_yaml(place)}\n" not in text:
        return False
    write_text(path, text.replace(configured[1], now))
    if (ROOT / PROFILE).is_file() and re.search(rf"(?m)^  - data: {name}$", _config().read_text(encoding="utf-8")):
        write_text(ROOT / PROFILE_BEFORE, json.dumps(read_json(ROOT / PROFILE), ensure_ascii=False) + "\n")
    return True


def write_config(name: str, place: str, found: Sniffed, data: Data, why: str) -> None:
    """Write configs/data/NAME.yaml."""
    lines = [f"# {Path(place).name}, as make look found it. The keys are explained in csv.yaml.", "source:"]
    source: dict[str, Any] = {"kind": "file", "url": None, "mirrors": [], "path": place, "sha256": sha256(ROOT / place)}
    lines += [f"  {key}: {_yaml(value)}" for key, value in source.items()]
    lines += ["read:" if found.options else "read: {}"]
    lines += [f"  {key}: {_yaml(value)}  # {found.why[key]}" for key, value in found.options.items()]
    lines += [f"task: {data.task}  # {why}", f"target: {_yaml(data.target)}"]
    lines += [f"{role}: {_yaml(getattr(data, role))}" for role in ("id", "group", "time")]
    lines += [f"clean: {{duplicates: {data.clean.duplicates}, missing: keep, out_of_range: refuse}}"]
    write_text(config_of(name), "\n".join([*lines, "columns: {}", ""]))


def choose(name: str, place: str, split: str | None) -> None:
    """Choose a table, and a split if one is given, in configs/config.yaml; comments there stay."""
    text = re.sub(r"(?m)^  - data: .*$", f"  - data: {name}", _config().read_text(encoding="utf-8"))
    text = re.sub(r"(?m)^file: .*$", lambda _: f"file: {_yaml(place)}", text)
    if split:
        text = re.sub(r"(?m)^  - split: .*$", f"  - split: {split}", text)
    write_text(_config(), text)


def chosen_split() -> str:
    """The split that configs/config.yaml chooses."""
    found = re.search(r"(?m)^  - split: (.*)$", _config().read_text(encoding="utf-8"))
    return found[1].strip() if found else ""


def write_dictionary(name: str, columns: list[dict[str, Any]]) -> str | None:
    """Write the data dictionary, in which a person says what each column means; one that is there stays.

    Returns:
        The path of the new file, as the project names it.
    """
    path = Path("references") / f"{name}.md"
    if (ROOT / path).exists():
        return None
    rows = [HEADER, ("---",) * len(HEADER)]
    for column in columns:
        limits = " to ".join(map(str, column["range"])) or f"{column['distinct']} values"
        cells = (column["name"], column["type"], column["unit"] or "", column["role"], limits, column["missing"])
        rows.append((*(str(cell).replace("|", r"\|") for cell in (*cells, column["example"])), ""))
    lines = [f"| {' | '.join(row)} |" for row in rows]
    said = "Written by make look. Say what each column means: how it was measured, and what its values stand for."
    write_text(ROOT / path, "\n".join([f"# Data dictionary of {name}", "", said, "", *lines, ""]))
    return path.as_posix()


def _config() -> Path:
    return Path(CONFIGS) / "config.yaml"


def _yaml(value: Any) -> str:
    """A value as YAML reads it: plain where that is safe, else as JSON."""
    words = ("null", "true", "false", "yes", "no", "on", "off", "y", "n")
    plain = isinstance(value, str) and re.fullmatch(r"[A-Za-z_][\w ./-]*", value) and value.lower() not in words
    return str(value) if plain else json.dumps(value, ensure_ascii=False)
