"""The limits of pictures a client can meet."""

from datetime import timedelta

from app.galleries.kinds import LONGEST_NAME
from app.http.limits import Limit
from app.readers.pixels import MAX_PIXELS
from app.sync.limit_schemas import PictureLimits

MAX_BYTES = 100_000_000
"""Of one file."""
MAX_PICTURES = 20_000
"""Of one session, with those on their way."""
MAX_UPLOADS = 20_000
"""Files of an account on their way."""
MAX_PARTS = 2_000
"""Parts of a file: who sends it in smaller ones begins anew."""
MAX_GROUPS = 200
MAX_IDS = 5_000
"""Pictures that are changed at once."""
KEPT_FOR = timedelta(days=7)
"""For so long an upload waits to be gone on with."""
SECONDS = 900
"""Within which one piece must have arrived; what has is kept."""
MISSES = Limit("no picture link", 60)
"""Links that are none, of one network in a minute."""
GIGABYTE = 1_000_000_000


def limits_of_pictures(gigabytes: int) -> PictureLimits:
    """Return how large and how many pictures may be, with what one account keeps."""
    return PictureLimits(
        max_bytes=MAX_BYTES,
        max_pixels=MAX_PIXELS,
        max_name_characters=LONGEST_NAME,
        max_pictures=MAX_PICTURES,
        max_uploads=MAX_UPLOADS,
        max_parts=MAX_PARTS,
        max_groups=MAX_GROUPS,
        max_ids=MAX_IDS,
        max_account_bytes=gigabytes * GIGABYTE,
        upload_days=KEPT_FOR // timedelta(days=1),
        piece_seconds=SECONDS,
        link_misses_per_minute=MISSES.most,
    )
