"""Whether the client of a session can come in to a gallery: the login they have, if they have one."""

from app.console.api import Record, Refused
from app.console.visits import Visit
from app.core.principal import Level

_NONE = "portal_login_not_found"


def path(session: Record) -> str:
    """Return where the API has the login of a session's client."""
    return f"/v1/portal-logins/{session['client_id']}"


async def login(visit: Visit, session: Record) -> Record | None:
    """Return what the client signs in with; none where they have no login yet."""
    try:
        return await visit.api.get(path(session))
    except Refused as error:
        if error.code != _NONE:
            raise
        return None


async def is_shut(visit: Visit, session: Record) -> bool:
    """Say whether the client has nothing to sign in with; of a login that may not be seen nothing is said."""
    if not visit.may("portal_logins", Level.VIEW_ONLY) or not visit.may("clients", Level.VIEW_ONLY):
        return False
    try:
        found = await login(visit, session)
    except Refused:
        return False
    return found is None or found["state"] == "void"
