"""Files that may go with letters: listed, sent and removed."""

from http import HTTPStatus

from fastapi import FastAPI
from starlette.responses import Response
from starlette.routing import Route

from app.console import forms, lookups, pages
from app.console.api import Record, Refused
from app.console.forms import Wrong
from app.console.galleries.uploads import handing_on
from app.console.visits import Visit
from app.core.principal import Level

_PATH = "/v1/letter-files"


async def show(visit: Visit) -> Response:
    """Show the files there are."""
    return await _page(visit)


async def download(visit: Visit) -> Response:
    """Hand a file over as it was sent."""
    return visit.api.passed_on(_path(visit))


async def ask_remove(visit: Visit) -> Response:
    """Ask whether a file is really to go."""
    return visit.page("letters/file_remove.html", file=await _found(visit))


async def remove(visit: Visit) -> Response:
    """Remove a file nothing goes with any more."""
    try:
        await visit.api.delete(_path(visit))
    except Refused as error:
        return await _page(visit, forms.wrong(error))
    return pages.to("/files", said="file_removed")


def routes(api: FastAPI) -> list[Route]:
    """Return the address a page's script sends files to."""
    return [Route("/files/send", handing_on(api, _PATH), methods=["POST"])]


def _path(visit: Visit) -> str:
    return f"{_PATH}/{visit.request.path_params['file_id']}"


async def _found(visit: Visit) -> Record:
    wanted = str(visit.request.path_params["file_id"])
    files: list[Record] = (await visit.api.get(_PATH))["files"]
    found = next((each for each in files if each["id"] == wanted), None)
    if found is None:
        raise Refused({"code": "letter_file_not_found", "status": HTTPStatus.NOT_FOUND})
    return found


async def _page(visit: Visit, wrong: Wrong | None = None) -> Response:
    told = await visit.api.get(_PATH)
    return visit.page(
        "letters/files.html",
        wrong,
        told=told,
        people=await lookups.staff(visit.api),
        may_add=visit.may("outbox", Level.ADD_ONLY),
        may_remove=visit.may("outbox", Level.ADD_MODIFY_DELETE),
    )
