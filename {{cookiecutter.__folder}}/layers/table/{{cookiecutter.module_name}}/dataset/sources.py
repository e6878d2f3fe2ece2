"""Sources of tables: scikit-learn, a URL, a mirror or a local file."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

from ..common.files import files_in, sha256
from ..common.paths import ROOT
from ..common.table import FileSource, SklearnSource

POINTER = "a pointer of Git LFS, not the file"
# Bytes above which a file is better kept by DVC.
LARGE = 50 * 2**20
LFS = b"version https://git-lfs.github.com/spec/"


def bring(source: SklearnSource | FileSource, folder: Path) -> str:
    """Write the files of a table into a folder, under their own names; returns their source."""
    folder.mkdir(exist_ok=True)
    if isinstance(source, SklearnSource):
        return write_sklearn(source, folder / f"{source.loader}.csv")
    name = Path(urlsplit(source.url or source.path or "").path).name or "data"
    return fetch_file(source, folder / name)


def write_sklearn(source: SklearnSource, target: Path) -> str:
    """Write one of scikit-learn's own data sets as CSV, classes by their names; returns its source."""
    from sklearn import datasets

    if source.loader == "breast_cancer":
        bunch = datasets.load_breast_cancer(as_frame=True)
        table = bunch.data.assign(diagnosis=[str(bunch.target_names[code]) for code in bunch.target])
    else:
        bunch = datasets.load_diabetes(as_frame=True, scaled=False)
        # The authors do not say what their codes 1 and 2 for sex mean; the usual reading is female, male.
        table = bunch.data.assign(sex=bunch.data["sex"].map({1.0: "female", 2.0: "male"}), progression=bunch.target)
    table.to_csv(target, index=False, lineterminator="\n")
    return f"scikit-learn's own {source.loader}"


def notes_on_git(source: SklearnSource | FileSource) -> list[str]:
    """A remark if a file of the project is too large for git and DVC does not keep it, else nothing."""
    place = ROOT / source.path if isinstance(source, FileSource) and source.path else None
    if not (place and place.exists() and place.resolve().is_relative_to(ROOT)):
        return []
    size, name = sum(file.stat().st_size for file in files_in(place)), place.relative_to(ROOT).as_posix()
    if size <= LARGE or place.with_name(f"{place.name}.dvc").exists():
        return []
    advice = f"hosts refuse files of 100 MB: dvc add {name} keeps it with DVC"
    return [f"note: {name} would go into git with {size / 1e6:.0f} MB, {advice}"]


def fetch_file(source: FileSource, target: Path) -> str:
    """Fetch a file from the first source that has it, and check its SHA-256; returns that source.

    Raises:
        ValueError: no hash is configured, or no source has a file with that hash; the message lists each failure.
    """
    refusals = []
    local = [Path(name).expanduser() for name in (os.environ.get("DATA_FILE"), source.path) if name]
    for url in [address for address in (source.url, *source.mirrors) if address]:
        try:
            _download(url, source.sha256, target)
            return url
        except Exception as error:  # noqa: BLE001 - if one source fails, the next is tried
            refusals.append(f"{url}: {_short(error)}")
    for path in local:
        found = ROOT / path
        if not found.exists():
            refusals.append(f"{path}: no such file")
        elif pointer := next((file for file in files_in(found) if _is_lfs_pointer(file)), None):
            name = path if pointer == found else path / pointer.relative_to(found)
            refusals.append(f"{name}: {POINTER}: git lfs pull")
        elif (actual := sha256(found)) != source.sha256:
            refusals.append(f"{path}: its sha256 is {actual}, configured is {source.sha256}")
        elif found.is_dir():
            shutil.copytree(found, target.parent, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*"))
            return str(path)
        else:
            shutil.copyfile(found, target)
            return str(path)
    places = "; ".join(refusals) or "neither source.url nor source.path is set"
    hint = "; to use a local copy, set DATA_FILE=path" if source.url else ""
    raise ValueError(f"the data could not be fetched: {places}{hint}")


def _download(url: str, expected: str | None, target: Path) -> None:
    import pooch

    # Not pooch.retrieve, because a kill would leave its temporary file behind.
    pooch.downloaders.choose_downloader(url, progressbar=True)(url, str(target), None)
    actual = sha256(target)
    if actual != expected:
        size, pointer = target.stat().st_size, _is_lfs_pointer(target)
        target.unlink()
        if pointer:
            raise ValueError(f"{POINTER}: name the address of the file itself")
        raise ValueError(f"its sha256 is {actual} ({size} bytes), configured is {expected}")


def _is_lfs_pointer(path: Path) -> bool:
    """Whether Git LFS left its pointer in the place of the file."""
    with path.open("rb") as stream:
        return stream.read(len(LFS)) == LFS


def _short(error: Exception) -> str:
    # The message of a failed connection ends with its reason.
    said = " ".join(str(error).split()).rpartition("Caused by ")[2]
    return said[:200] or type(error).__name__
