"""Write Parquet files a row group at a time, so that no table has to fit into memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


@contextmanager
def appending() -> Iterator[Callable[[Path, pa.Table], None]]:
    """A function that appends a table to a file as one row group; the first call for a path makes the file."""
    with ExitStack() as stack:
        writers: dict[Path, pq.ParquetWriter] = {}

        def append(path: Path, table: pa.Table) -> None:
            if path not in writers:
                writers[path] = stack.enter_context(pq.ParquetWriter(path, table.schema, compression="zstd"))
            writers[path].write_table(table, row_group_size=max(len(table), 1))

        yield append
