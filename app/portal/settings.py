"""What the logins of a company's clients begin as, and who may say so."""

from app.accounts.features import require
from app.accounts.standing import Work
from app.audit.trail import Action, Entry, keep
from app.core.db import Session, WriteSession
from app.core.principal import Level
from app.portal import store
from app.portal.models import LoginField, PortalSettings
from app.portal.schemas import PortalSettingsAnswer

_FEATURE = "companies"
_SUBJECT = "portal_settings"


async def read(session: Session) -> PortalSettingsAnswer:
    """Return what logins begin as."""
    return _told(await store.settings(session))


async def change(
    work: Work[WriteSession], user_name_from: LoginField, password_from: LoginField
) -> PortalSettingsAnswer:
    """Say what logins begin as from the next reset on; nothing happens when it is so already."""
    require(work.who, _FEATURE, Level.ADD_MODIFY)
    session = work.session
    found = await store.settings(session)
    before = _told(found)
    found.user_name_from, found.password_from = user_name_from.value, password_from.value
    after = _told(found)
    if after != before:
        session.add(found)
        await session.flush()
        values = before.model_dump(mode="json"), after.model_dump(mode="json")
        entry = Entry(_FEATURE, _SUBJECT, session.account_id, Action.CHANGED, *values)
        await keep(session, work.who, entry)
    return after


def _told(found: PortalSettings) -> PortalSettingsAnswer:
    return PortalSettingsAnswer(
        user_name_from=LoginField(found.user_name_from), password_from=LoginField(found.password_from)
    )
