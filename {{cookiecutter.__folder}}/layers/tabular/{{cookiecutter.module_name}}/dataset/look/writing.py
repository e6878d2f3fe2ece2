"""What look writes: the configuration of a table, the choice of it, and its data dictionary."""

from __future__ import annotations

import json
import re
import shutil
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf

from ...common.data_paths import PROFILE, PROFILE_BEFORE
from ...common.files import files_in, read_json, replacing, sha256, write_text
from ...common.paths import CONFIGS, ROOT
from ...common.strict import checked
from ...common.table import Data, FileSource
from ..sources import LARGE, notes_on_git
from .sniff import Sniffed

EXTERNAL = Path("data/external")
HEADER = ("column", "type", "unit", "role", "range or values", "missing", "example", "meaning")


@dataclass(frozen=True)
class Existing:
    """A table that is configured already."""

    path: Path
    place: str
    data: Data

    def renew(self) -> bool:
        """Whether the file has a new version; its hash is all that changes then.

        The numbers of the version before are kept first, so that the exploratory report says what changed.
        """
        source: Any = self.data.source
        now = sha256(ROOT / self.place) if (ROOT / self.place).exists() else source.sha256
        if source.sha256 in (now, None):
            return False
        if (ROOT / PROFILE).is_file() and (profile := read_json(ROOT / PROFILE)).get("of") == self.place:
            write_text(ROOT / PROFILE_BEFORE, json.dumps(profile, ensure_ascii=False) + "\n")
        write_text(self.path, self.path.read_text(encoding="utf-8").replace(source.sha256, now))
        return True


def existing(name: str, place: str) -> Existing | None:
    """The configuration of a table that was looked at before.

    Raises:
        ValueError: configs/data/NAME.yaml is of another table.
    """
    path = Path(CONFIGS) / "data" / f"{name}.yaml"
    if not path.is_file():
        return None
    data = checked(yaml.safe_load(path.read_text(encoding="utf-8")), Data, f"data/{name}")
    if getattr(data.source, "path", None) != place:
        raise ValueError(f"configs/data/{name}.yaml reads another table: give this one a name, NAME={name}_2")
    return Existing(path, place, data)


def place_of(file: Path) -> str:
    """The path of a file as the project names it: a small one from elsewhere will be copied into data/external."""
    file = file.resolve()
    if file.is_relative_to(ROOT):
        return file.relative_to(ROOT).as_posix()
    size = sum(one.stat().st_size for one in files_in(file))
    return file.as_posix() if size > LARGE else (EXTERNAL / file.name).as_posix()


def bring(file: Path) -> str:
    """Copy a small file from elsewhere into data/external; returns its path as the project names it.

    Raises:
        ValueError: another file of its name is there.
    """
    place = place_of(file)
    # A link is copied under the name of what it leads to.
    copy = ROOT / EXTERNAL / Path(place).name
    if place == file.resolve().as_posix():
        print(f"note: {file} stays where it is: whoever reproduces the project needs it there")
    elif not file.resolve().is_relative_to(ROOT):
        if copy.exists() and sha256(copy) != sha256(file):
            raise ValueError(f"{place} is another file: rename one of them, or put the new version there")
        with replacing(copy) as partial:
            (shutil.copytree if file.is_dir() else shutil.copyfile)(file, partial)
        print(f"copied to {place}")
    for note in notes_on_git(FileSource(kind="file", url=None, mirrors=[], path=place, sha256=None)):
        print(note)
    return place


def slug(file: Path) -> str:
    """A name for a file in configs/data/, which Hydra does not read as a number, a truth value or nothing."""
    plain = unicodedata.normalize("NFKD", file.stem).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"\W+", "_", plain).strip("_") or "table"
    return name if isinstance(OmegaConf.create(f"[{name}]")[0], str) else f"table_{name}"


def write_config(name: str, place: str, found: Sniffed, data: Data, why: str, before: Existing | None) -> None:
    """Write configs/data/NAME.yaml. Of one that is there, all from its columns on stays as a person wrote it."""
    target = Path(CONFIGS) / "data" / f"{name}.yaml"
    lines = [f"# {Path(place).name}, as make look found it. The keys are explained in csv.yaml.", "source:"]
    source: dict[str, Any] = {"kind": "file", "url": None, "mirrors": [], "path": place, "sha256": sha256(ROOT / place)}
    lines += [f"  {key}: {_yaml(value)}" for key, value in source.items()]
    lines += ["read:" if found.options else "read: {}"]
    lines += [f"  {key}: {_yaml(value)}  # {found.why[key]}" for key, value in found.options.items()]
    lines += [f"task: {data.task}  # {why}", f"target: {_yaml(data.target)}"]
    lines += [f"{role}: {_yaml(getattr(data, role))}" for role in ("id", "group", "time", "weight")]
    clean = ", ".join(f"{key}: {value}" for key, value in data.clean.model_dump().items())
    lines += [f"clean: {{{clean}}}"]
    text = target.read_text(encoding="utf-8") if before else ""
    kept = re.search(r"(?ms)^columns:.*", text)
    if kept and (not data.columns or (before and set(data.columns) == set(before.data.columns))):
        write_text(target, "\n".join([*lines, kept[0]]))
        return
    lines += ["columns:" if data.columns else "columns: {}"]
    for column, listed in data.columns.items():
        lines += [f"  {_yaml(column)}: {json.dumps(listed.model_dump(exclude_defaults=True), ensure_ascii=False)}"]
    lines += ["# What only a person can say; it stands on docs/model_card.md.", "card:"]
    lines += [f"  {key}: null" for key in ("intended_use", "limits", "split")]
    write_text(target, "\n".join([*lines, ""]))


def choose(name: str, place: str, split: str, test: tuple[str, list[str]] | None) -> None:
    """Choose a table and its split in configs/config.yaml; comments there stay, and a random split too.

    Args:
        name: of the table in configs/data/.
        place: of its file.
        split: in configs/split/.
        test: the column that marks the test rows, and its values there.
    """
    if test:
        given = Path(CONFIGS) / "split" / "given.yaml"
        text = re.sub(r"(?m)^column: .*$", lambda _: f"column: {_yaml(test[0])}", given.read_text(encoding="utf-8"))
        write_text(given, re.sub(r"(?m)^test: .*$", lambda _: f"test: {_yaml(test[1])}", text))
    text, chosen = _config().read_text(encoding="utf-8"), f"  - data: {name}\n"
    again = chosen in text
    text = re.sub(r"(?m)^  - data: \S+\n", chosen, text)
    text = re.sub(r"(?m)^file: .*$", lambda _: f"file: {_yaml(place)}", text)
    # A second look at the table leaves its own test rows.
    if again and chosen_split() == "given":
        split = "given"
    if split != "stratified" or chosen_split() in ("time", "grouped", "given"):
        text = re.sub(r"(?m)^  - split: \S+", f"  - split: {split}", text)
    write_text(_config(), text)


def chosen_split() -> str:
    """The split that configs/config.yaml chooses."""
    found = re.search(r"(?m)^  - split: (\S+)", _config().read_text(encoding="utf-8"))
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
        rows.append((*(" ".join(str(cell).replace("|", r"\|").split()) for cell in (*cells, column["example"])), ""))
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
