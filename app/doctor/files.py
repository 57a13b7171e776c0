"""The files of pictures: those no picture stands behind, and pictures whose files are not there."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from uuid import UUID

from app.core import clock
from app.core.db import Database
from app.core.ids import NIL
from app.doctor.patient import Account, Found, Patient, Severity, many
from app.galleries import store
from app.galleries.files import Files, Lying, Place, Size, opened
from app.galleries.models import Picture, PictureState

_AGE = timedelta(days=1)
"""How old a file is that nobody is about to write a row for."""
_PAGE = 500
_AT_ONCE = 16
_SHOWN = {each.value for each in Size}


def store_of(patient: Patient) -> Files | None:
    """Open where pictures are kept; none where nothing was ever kept, for opening would make the folder."""
    chosen = patient.settings
    if chosen.picture_store_url is None and not (chosen.data_dir / "pictures").is_dir():
        return None
    return opened(chosen)


async def orphans(patient: Patient, account_id: UUID | None = None) -> AsyncIterator[Found]:
    """Look for files without a row, of one account or of whoever's they were."""
    files = store_of(patient)
    if files is None:
        return
    number, first = 0, ""
    async for some in files.lying(account_id):
        lost = await _lost(patient.database, some)
        number += len(lost)
        first = min([*lost, *([first] if first else [])], default="")
    if number:
        sentence = f"{many(number, 'file belongs', 'files belong')} to no picture, such as {first}."
        remedy = "Move them out of the store of pictures, and delete them when nobody misses them."
        yield Found("files", Severity.WARNING, sentence, remedy)


async def lacking(patient: Patient, account: Account) -> AsyncIterator[Found]:
    """Look for pictures whose files are not there, page by page."""
    files, number, after, first = store_of(patient), 0, NIL, None
    while True:
        async with patient.database.reading(account.account_id) as session:
            page = await store.page_after(session, after, _PAGE)
        if not page:
            break
        after, gone = page[-1].id, await _gone(files, page)
        number, first = number + len(gone), first or next(iter(gone), None)
    if first:
        sentence = f"{many(number, 'picture lacks a file', 'pictures lack files')}, such as {first.name}."
        remedy = "Put the store of pictures back from a backup, or upload them again."
        yield Found("files", Severity.ERROR, sentence, remedy, account.name)


async def _lost(database: Database, some: Sequence[Lying]) -> list[str]:
    """Return the paths of old files that no row of their account leads to."""
    old = clock.now() - _AGE
    by_account: dict[UUID, dict[UUID, list[str]]] = defaultdict(lambda: defaultdict(list))
    lost = []
    for each in some:
        if each.written_at < old:
            try:
                account_id, _, picture_id = map(UUID, each.path.split("/")[:3])
            except ValueError:
                lost.append(each.path)
            else:
                by_account[account_id][picture_id].append(each.path)
    for account_id, pictures in by_account.items():
        async with database.reading(account_id) as session:
            known = await store.there(session, pictures)
        lost += [path for picture_id in pictures.keys() - known for path in pictures[picture_id]]
    return lost


async def _gone(files: Files | None, page: Sequence[Picture]) -> list[Picture]:
    turn = asyncio.Semaphore(_AT_ONCE)

    async def is_gone(picture: Picture) -> bool:
        wanted = _SHOWN if picture.state == PictureState.READY else {Size.ORIGINAL.value}
        async with turn:
            place = Place(picture.account_id, picture.session_id, picture.id)
            return not wanted <= (await files.known(place) if files else set())

    found = await asyncio.gather(*map(is_gone, page))
    return [each for each, is_so in zip(page, found, strict=True) if is_so]
