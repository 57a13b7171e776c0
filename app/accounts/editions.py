"""What editions have: each has all that those before it have."""

from app.accounts.errors import EditionRequired
from app.accounts.models import Edition
from app.accounts.store import read_account
from app.core.db import Session

_ORDER = (Edition.EXPRESS, Edition.ESSENTIAL, Edition.PROFESSIONAL, Edition.ENTERPRISE)


async def has_edition(session: Session, least: Edition) -> bool:
    """Say whether the account has an edition, or one above it; the older, local product is below all."""
    account = await read_account(session)
    edition = account.edition if account else None
    return edition in _ORDER and _ORDER.index(edition) >= _ORDER.index(least)


async def require_edition(session: Session, least: Edition) -> None:
    """Refuse an account whose edition does not include what begins with another; raises `EditionRequired`."""
    if not await has_edition(session, least):
        raise EditionRequired(minimum_edition=least)
