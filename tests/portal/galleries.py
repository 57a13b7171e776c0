"""Galleries of a test: a client, their session online, its pictures, and browsers at its address."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx

from app.core import clock
from app.core.db import WriteSession
from app.core.principal import Principal
from app.galleries.models import Picture, PictureState
from app.sync.store import Write, write
from tests.accounts.studios import Studio
from tests.console.browser import HERE, Page, _Reader
from tests.samples import sample

OWN = "three geese over the barn"


@dataclass(frozen=True)
class Online:
    """A session online: whose, where, and its pictures in their order."""

    studio: Studio
    client_id: UUID
    session_id: UUID
    gallery_id: UUID
    address: str
    pictures: list[UUID]

    @property
    def path(self) -> str:
        return f"/portal/{self.address}"

    @property
    def login(self) -> str:
        return f"/v1/portal-logins/{self.client_id}"

    async def write(self, *writes: Write) -> None:
        """Write as the server does."""
        await written(self.studio, *writes)

    async def record(self, collection: str, record_id: UUID) -> dict[str, Any]:
        """Read a record as a desk does."""
        headers = await self.studio.administrator()
        answer = await self.studio.client.get(f"/v1/{collection}/{record_id}", headers=headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


async def written(studio: Studio, *writes: Write) -> None:
    account_id = studio.account.account_id
    async with studio.database.writing(account_id) as session:
        await write(session, Principal.system(account_id), writes)


async def switch_on(studio: Studio, **settings: Any) -> None:
    """Have a company show galleries."""
    account_id = studio.account.account_id
    await written(studio, Write("companies", account_id, {"has_galleries": True, **settings}))


async def put_online(studio: Studio, *, pictures: int = 3, **client: Any) -> Online:
    """Put a session of a new client online."""
    client_id, session_id = uuid4(), uuid4()
    named = {"first_name": "Ann", "last_name": "Featherstone", "email": f"{client_id.hex}@there.example"}
    kind = client.pop("session_type_id", None)
    organization = client.pop("organization_id", None)
    fields = {"client_number": None, **named, **client}
    about = {
        "client_id": str(client_id),
        "session_type_id": kind,
        "organization_id": organization,
        "description": "Midsummer portraits",
        "gallery_state": "online",
        "gallery_images": pictures,
        "yearbook_image": None,
        "yearbook_image_secondary": None,
        "yearbook_status": None,
    }
    await written(
        studio,
        Write("clients", client_id, sample("clients", **fields)),
        Write("sessions", session_id, sample("sessions", **about)),
    )
    async with studio.database.writing(studio.account.account_id) as session:
        sql = "SELECT id, address FROM galleries WHERE account_id = $1 AND session_id = $2"
        [gallery] = await session.raw.fetch(sql, session.account_id, session_id)
        ids = [_picture(session, session_id, each) for each in range(pictures)]
    return Online(studio, client_id, session_id, gallery["id"], gallery["address"], ids)


def _picture(session: WriteSession, session_id: UUID, position: int) -> UUID:
    picture_id = uuid4()
    session.add(
        Picture(
            account_id=session.account_id,
            id=picture_id,
            session_id=session_id,
            name=f"{position + 401:04}.jpg",
            number=f"{position + 401:04}",
            position=position,
            is_online=True,
            state=PictureState.READY,
            media_type="image/jpeg",
            size_bytes=1_000,
            width=1_200,
            height=800,
            sha256=b"0" * 32,
            uploaded_at=clock.now(),
        )
    )
    return picture_id


@dataclass
class Guest:
    """Somebody at a browser, at the address of a gallery or beside it."""

    client: httpx.AsyncClient
    online: Online
    page: Page = field(init=False)

    async def open(self, path: str = "", *, follow: bool = True) -> Page:
        """Open a page of the gallery."""
        return self._at(await self.client.get(self.online.path + path, follow_redirects=follow))

    async def send(self, path: str, **typed: str | list[str]) -> Page:
        """Send a form of the open page with something typed into it, and follow where it leads."""
        filled = dict(self.page.reader.forms[self.online.path + path])
        filled |= {name: each if isinstance(each, list) else [each] for name, each in typed.items()}
        return self._at(await self.post(path, filled, follow=True))

    async def post(
        self,
        path: str,
        filled: Mapping[str, Any],
        *,
        follow: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send anything as a form."""
        sent = {"Origin": HERE, "Sec-Fetch-Site": "same-origin", **(headers or {})}
        return await self.client.post(
            self.online.path + path, data=dict(filled), headers=sent, follow_redirects=follow
        )

    async def sign_in(self, user_name: str, password: str) -> Page:
        """Sign in as a person does."""
        await self.open("/sign-in")
        return await self.send("/sign-in", user_name=user_name, password=password)

    def _at(self, answer: httpx.Response) -> Page:
        reader = _Reader()
        reader.feed(answer.text)
        self.page = Page(answer, reader)
        return self.page


async def assigned(online: Online, *, is_reset: bool = False, **given: str) -> dict[str, Any]:
    """Have the studio's desk reset a client's login, or type one."""
    headers, client = await online.studio.administrator(), online.studio.client
    if is_reset:
        answer = await client.post(f"{online.login}/reset", headers=headers)
    else:
        answer = await client.put(online.login, json=given, headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())
