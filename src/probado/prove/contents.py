"""The values in a file or folder, by name: columns of a table, keys of JSON, arrays, pixels. Nothing is unpickled."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]
    Contents = dict[str, Array]

JSON = (".json", ".ipynb")
TABLES = (".csv", ".tsv", ".parquet", ".feather")
ARRAYS = (".npy", ".npz")
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff")
# These change with every run of a notebook and say nothing about its results.
OF_A_RUN = ("id", "execution_count", "metadata")


class Unreadable(ValueError):
    """No values can be read from a file."""


def read_contents(path: Path, text: bool = False) -> Contents:
    """The values in a file, or in all files of a folder, by name.

    Args:
        path: a file or folder.
        text: whether columns of a text file stay text: 001 is then not 1.

    Raises:
        Unreadable: no values can be read from such a file.
    """
    try:
        return _read(path, text)
    except Unreadable:
        raise
    # A broken file makes libraries raise anything.
    except Exception as error:
        raise Unreadable(f"{path.name}: {type(error).__name__}: {' '.join(str(error).split())}") from error


def _read(path: Path, text: bool) -> Contents:
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        return {
            f"{file.relative_to(path).as_posix()}:{name}": values
            for file in files
            for name, values in read_contents(file, text).items()
        }
    kind = path.suffix.lower()
    if kind in JSON:
        return dict(_json_values(json.loads(path.read_text(encoding="utf-8")), "", kind == ".ipynb"))
    if kind in TABLES:
        return _table_values(path, kind, text)
    if kind in ARRAYS:
        return _arrays_in_archive(path) if kind == ".npz" else {"array": _array(path)}
    if kind in PICTURES:
        return _pixels(path)
    raise Unreadable(f"no values can be read from a file {path.name}")


def _array(path: Path) -> Array:
    """The array in a file, of which only what is looked at comes into memory."""
    import numpy as np

    with path.open("rb") as file:
        version = np.lib.format.read_magic(file)
        read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        shape, _, kind = read[version](file) if version in read else ((0,), False, np.dtype(object))
    # Nothing can be mapped of an array without values, or of Python's objects, which numpy refuses to load.
    mapped: Any = None if 0 in shape or kind.hasobject else "r"
    loaded: Array = np.load(path, mmap_mode=mapped, allow_pickle=False)
    return loaded


def _arrays_in_archive(path: Path) -> Contents:
    """The arrays in a file of numpy.savez, unpacked to a file of their own that is gone as soon as it is open."""
    found = {}
    with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate(archive.namelist()):
            unpacked = Path(folder, f"{number}.npy")
            with archive.open(name) as packed, unpacked.open("wb") as file:
                shutil.copyfileobj(packed, file)
            found[name.removesuffix(".npy")] = _array(unpacked)
            unpacked.unlink()
    return found


def _table_values(path: Path, kind: str, text: bool) -> Contents:
    import numpy as np
    import pandas as pd
    from pyarrow import feather, parquet

    # By path: pandas hands pyarrow a file of Python's, whose threads may abort the interpreter as it ends
    # (https://github.com/apache/arrow/issues/34314).
    binary: Any = {".parquet": parquet.read_table, ".feather": feather.read_table}.get(kind)
    separator = "\t" if kind == ".tsv" else ","
    plain: Any = {"dtype": str, "keep_default_na": False} if text else {"float_precision": "round_trip"}
    table = binary(path).to_pandas() if binary else pd.read_csv(path, sep=separator, **plain)
    return {
        "columns": np.array([*table.columns, None], object)[:-1],
        "index": table.index.to_numpy(),
        "types": np.array([str(table[name].dtype) for name in table] if text else []),
        **{str(name): table[name].to_numpy() for name in table},
    }


def _pixels(path: Path) -> Contents:
    import numpy as np
    from PIL import Image

    frames = {}
    with Image.open(path) as image:
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            # The order of colours in a palette means nothing.
            frames[f"pixels of frame {number}"] = np.asarray(image.convert("RGBA") if image.mode == "P" else image)
    return frames


def _json_values(value: Any, name: str, notebook: bool) -> Iterator[tuple[str, Array]]:
    """Yield the values of JSON; a list of plain values is one array."""
    import numpy as np

    if isinstance(value, dict) and value:
        # A notebook, one of its cells, or one of their outputs.
        level = notebook and (not name or re.fullmatch(r"cells\[\d+\](\.outputs\[\d+\])?", name))
        for key, inner in value.items():
            if not (level and key in OF_A_RUN):
                # A key with a dot is not two keys.
                inner_name = key if key.isidentifier() else json.dumps(key)
                yield from _json_values(inner, f"{name}.{inner_name}" if name else inner_name, notebook)
    elif isinstance(value, dict):
        yield name, np.array("{}")
    elif isinstance(value, list) and any(isinstance(inner, dict | list) for inner in value):
        for number, inner in enumerate(value):
            yield from _json_values(inner, f"{name}[{number}]", notebook)
    elif isinstance(value, list) and not all(type(inner) in (int, float) for inner in value):
        yield name, np.array([*value, None], object)[:-1]
    else:
        yield name, np.asarray(value, object if value is None else None)
