"""A studio that shows pictures online: its sessions, and the ways files are sent to them."""

from base64 import b64encode
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from PIL import Image

from app.core.db import Database
from app.galleries.files import Files
from app.galleries.tending import Tending
from tests.accounts.studios import Studio, new_studio
from tests.contract.desks import Desk, at_a_desk
from tests.samples import named, sample

TUS = {"Tus-Resumable": "1.0.0"}
OCTETS = "application/offset+octet-stream"
UPRIGHT, LEFT_DOWN = 1, 6
_ORIENTATION, _GPS, _GPS_NORTH = 0x0112, 0x8825, 1


def photograph(
    width: int = 60, height: int = 40, *, form: str = "JPEG", shade: int = 0, turn: int = UPRIGHT
) -> bytes:
    """Return a picture, red on its left half and blue on its right, as a camera with GPS would write it."""
    image = Image.new("RGB", (width, height), (200, 0, shade))
    image.paste((0, 0, 200), (width // 2, 0, width, height))
    exif = Image.Exif()
    exif[_ORIENTATION] = turn
    exif.get_ifd(_GPS)[_GPS_NORTH] = "N"
    sink = BytesIO()
    image.save(sink, form, exif=exif, comment="at home")
    return sink.getvalue()


def opened(content: bytes) -> Image.Image:
    """Return a picture as whoever gets it sees it."""
    image = Image.open(BytesIO(content))
    image.load()
    return image


@dataclass
class Showing:
    """A studio that shows pictures online, its administrator's desk, and whoever looks after pictures."""

    studio: Studio
    desk: Desk
    files: Files
    folder: Path
    tending: Tending

    @property
    def account_id(self) -> UUID:
        """Return the studio's account."""
        return self.studio.account.account_id

    async def session(self) -> str:
        """Make a session, and return its id."""
        client = (await self.desk.create(named("clients"), sample("clients"))).json()
        answer = await self.desk.create(named("sessions"), sample("sessions", client_id=client["id"]))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def begin(self, session_id: str, name: str, size: int) -> httpx.Response:
        """Begin to send a file."""
        metadata = f"filename {b64encode(name.encode()).decode()}"
        headers = {**TUS, "Upload-Length": str(size), "Upload-Metadata": metadata}
        return await self.ask("POST", f"/v1/sessions/{session_id}/pictures", headers=headers)

    async def begun(self, session_id: str, name: str, size: int) -> str:
        """Begin to send a file, and return where it is sent to."""
        answer = await self.begin(session_id, name, size)
        assert answer.status_code == 201, answer.text
        return answer.headers["location"]

    async def send(self, location: str, content: bytes, offset: int = 0, **headers: str) -> httpx.Response:
        """Send a piece of a file."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        told = {**TUS, "Upload-Offset": str(offset), "Content-Type": OCTETS, **named}
        return await self.ask("PATCH", location, content=content, headers=told)

    async def sent(self, session_id: str, name: str, content: bytes) -> str:
        """Send a whole file, and return the picture's id."""
        location = await self.begun(session_id, name, len(content))
        answer = await self.send(location, content)
        assert answer.status_code == 204, answer.text
        return location.rpartition("/")[2]

    async def ask(
        self, verb: str, path: str, headers: dict[str, str] | None = None, **sent: Any
    ) -> httpx.Response:
        """Ask anything at the desk."""
        told = {**self.desk.headers, **(headers or {})}
        return await self.desk.client.request(verb, path, headers=told, **sent)

    async def pictures(self, session_id: str, **query: Any) -> list[dict[str, Any]]:
        """Return a session's pictures, page by page."""
        found: list[dict[str, Any]] = []
        page: dict[str, Any] = {}
        while True:
            path = f"/v1/sessions/{session_id}/pictures"
            answer = await self.ask("GET", path, params={**query, **page})
            assert answer.status_code == 200, answer.text
            found += answer.json()["pictures"]
            if answer.json()["next_page"] is None:
                return found
            page = {"page": answer.json()["next_page"]}

    async def do(self, session_id: str, doing: str, **body: Any) -> httpx.Response:
        """Do something to pictures of a session."""
        return await self.ask("POST", f"/v1/sessions/{session_id}/pictures/{doing}", json=body)

    async def progress(self, session_id: str) -> dict[str, Any]:
        """Return how far a session's pictures have come."""
        return dict((await self.ask("GET", f"/v1/sessions/{session_id}/pictures/progress")).json())

    async def look_after(self) -> None:
        """Do what is due."""
        await self.tending.look_after(self.account_id)

    def kept(self) -> set[str]:
        """Return the names of all files the studio keeps, and of parts of files."""
        folder = self.folder / str(self.account_id)
        return {str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file()}


async def new_showing(database: Database, house: FastAPI, http: httpx.AsyncClient) -> Showing:
    """Make a studio that shows pictures online."""
    studio = await new_studio(database, http, house.state.keys)
    desk = await at_a_desk(studio)
    company = named("companies"), studio.account.account_id
    assert (await desk.change(*company, {"has_galleries": True})).status_code == 200
    files: Files = house.state.files
    assert files.folder
    return Showing(studio, desk, files, files.folder, Tending(database, files, workers=1))
