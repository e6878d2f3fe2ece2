"""A table file piece by piece, so that one of any size can be read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from ..common.table import Reading
from .files import is_excel, is_parquet, plain, unpacked
from .reading import (
    HEAD,
    as_texts,
    cleaned,
    count_line_breaks,
    explaining,
    options,
    read_text,
    skipped_lines,
    without_empty_rows,
)
from .text import Text

# Bytes of text that are read at once, of which pyarrow reads 32 times as many ahead; how many such blocks are a piece;
# and how many rows of Parquet are one.
BLOCK, BLOCKS, ROWS = 1 << 20, 16, 1 << 17


def read_pieces(path: Path, read: Reading, listed: dict[str, list[str]]) -> Iterator[Text]:
    """As `read_text`, a piece at a time: always the same Text, whose table is the next piece.

    Its remarks are complete after the last piece. A workbook and a folder are one piece.

    Raises:
        ValueError: as `read_text`, when the piece is reached.
    """
    if path.is_dir() or is_excel(path) or path.stat().st_size == 0:
        yield read_text(path, read, listed)
        return
    found = Text(pa.table({}), share=0.0)
    for table in (_of_parquet if is_parquet(path) else _of_text)(path, read, listed, found):
        if read.file_column:
            table = table.append_column(read.file_column, pa.chunked_array([pa.repeat(path.name, len(table))]))
        found.table = table
        yield found
    if not found.table.column_names:
        # A file without rows gives no block.
        yield read_text(path, read, listed)
    found.conclude(read)


def _of_parquet(path: Path, read: Reading, listed: dict[str, list[str]], found: Text) -> Iterator[pa.Table]:
    with pq.ParquetFile(path) as file:
        rows, total = 0, file.metadata.num_rows
        for batch in file.iter_batches(ROWS):
            rows += len(batch)
            found.share = rows / total
            yield cleaned(path.name, plain(pa.Table.from_batches([batch])), read, listed, found)


def _of_text(path: Path, read: Reading, listed: dict[str, list[str]], found: Text) -> Iterator[pa.Table]:
    with explaining(path, read), unpacked(path) as plain_text:
        with plain_text.open("rb") as file:
            skipped = skipped_lines(path, file.read(HEAD), read, found)
        reading, parsing = options(read, skipped)
        with pyarrow.csv.open_csv(plain_text, reading, parsing) as first:
            names = first.schema.names
        reading.block_size = BLOCK
        rows, stream = 0, pa.OSFile(str(plain_text))
        size = stream.size()
        with pyarrow.csv.open_csv(stream, reading, parsing, as_texts(names)) as batches:
            while several := list(islice(batches, BLOCKS)):
                table = pa.Table.from_batches(several)
                count_line_breaks(path, table, read, found, rows)
                kept = without_empty_rows(cleaned(path.name, table, read, listed, found), found)
                rows += len(table)
                found.share = 1.0 if stream.closed else stream.tell() / size
                yield kept
