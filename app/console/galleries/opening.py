"""Whether a company has online galleries, which is asked before any page about them is made."""

from http import HTTPStatus

from starlette.responses import Response

from app.console.api import Record
from app.console.forms import Wrong
from app.console.galleries.words import PROBLEMS
from app.console.visits import Show, Visit
from app.core.principal import Level


async def company(visit: Visit) -> Record:
    """Return the settings of the company."""
    return await visit.api.get(f"/v1/companies/{visit.session.account_id}")


def within(show: Show) -> Show:
    """Return a page as it is while galleries are on; while they are off, a word about that stands there."""

    async def shown(visit: Visit) -> Response:
        if not (await company(visit))["has_galleries"]:
            wrong = Wrong(PROBLEMS["galleries_off"], {}, HTTPStatus.FORBIDDEN)
            may_switch = visit.may("companies", Level.ADD_MODIFY)
            return visit.page("galleries/off.html", wrong, may_switch=may_switch)
        return await show(visit)

    return shown
