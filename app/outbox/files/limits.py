"""The limits of files of letters a client can meet."""

from app.outbox.files import keeping
from app.sync.limit_schemas import LetterLimits


def limits_of_letters() -> LetterLimits:
    """Return how large files may be, and how many there may be."""
    return LetterLimits(
        max_files=keeping.MOST_FILES,
        max_file_bytes=keeping.MOST_BYTES,
        max_bytes=keeping.MOST_BYTES_IN_ALL,
        max_files_per_letter=keeping.MOST_OF_LETTER,
        max_file_bytes_per_letter=keeping.MOST_BYTES_OF_LETTER,
    )
