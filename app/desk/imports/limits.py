"""The limits of imports a client can meet."""

from datetime import timedelta

from app.desk.imports import bodies, store
from app.readers import tables
from app.sync.limit_schemas import ImportLimits


def limits_of_imports() -> ImportLimits:
    """Return how large files may be, and how long they are kept."""
    return ImportLimits(
        max_bytes=tables.MAX_BYTES,
        seconds=bodies.SECONDS,
        max_rows=tables.MAX_ROWS,
        max_columns=tables.MAX_COLUMNS,
        max_cells=tables.MAX_CELLS,
        max_characters=tables.MAX_CHARACTERS,
        max_row_characters=tables.MAX_ROW_CHARACTERS,
        max_bytes_unpacked=tables.MAX_UNPACKED,
        max_imports=store.MOST,
        kept_days=store.KEPT // timedelta(days=1),
    )
