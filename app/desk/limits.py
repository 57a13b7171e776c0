"""The limits of the desk a client can meet."""

from datetime import timedelta

from app.desk.client_list.schemas import MOST_CHARACTERS, MOST_WORDS
from app.desk.home.schemas import MOST_SHORTCUTS
from app.desk.idempotency import LONGEST
from app.desk.router import MOST
from app.desk.store import KEPT, PAGE_BYTES
from app.sync.limit_schemas import DeskLimits


def limits_of_desk() -> DeskLimits:
    """Return how much may be asked for at once, and how long keys are known."""
    return DeskLimits(
        max_rows=MOST,
        max_page_bytes=PAGE_BYTES,
        max_key_characters=LONGEST,
        key_hours=KEPT // timedelta(hours=1),
        max_search_characters=MOST_CHARACTERS,
        max_search_words=MOST_WORDS,
        max_shortcuts=MOST_SHORTCUTS,
    )
