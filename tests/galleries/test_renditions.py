"""Smaller sizes are made of pictures, whoever sent them: upright, without a word of where they were taken."""

import os
import re
import shutil
import signal
import struct
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.core import clock
from app.galleries import rendering
from app.galleries.rendering import Rendered, Worker
from app.galleries.tending import Tending
from tests.galleries.showing import LEFT_DOWN, Showing, opened, photograph


def bomb() -> bytes:
    """Return a PNG of a few bytes that says it has a billion pixels."""

    def chunk(kind: bytes, told: bytes) -> bytes:
        return struct.pack(">I", len(told)) + kind + told + struct.pack(">I", zlib.crc32(kind + told))

    head = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 100_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


async def test_pictures_stand_upright_and_tell_nothing_but_what_they_show(
    showing: Showing, http: httpx.AsyncClient
) -> None:
    session = await showing.session()
    original = photograph(3_000, 2_000, turn=LEFT_DOWN)
    await showing.sent(session, "lake.jpg", original)
    waiting = await showing.progress(session)
    assert (waiting["waiting"], waiting["ready"]) == (1, 0)
    await showing.look_after()
    [picture] = await showing.pictures(session, state="ready")
    assert (picture["width"], picture["height"]) == (2_000, 3_000)
    sizes = {}
    for name in ("web", "thumbnail"):
        answer = await http.get(picture["links"][name])
        assert answer.headers["content-type"] == "image/jpeg"
        assert b"at home" not in answer.content
        image = opened(answer.content)
        assert not image.getexif()
        sizes[name] = image.size
        # What lay on the left is on top once the camera's turn is undone.
        red, _, blue = image.convert("RGB").getpixel((image.width // 2, image.height // 4))  # type: ignore[misc]
        assert red > 3 * blue
    assert sizes == {"web": (1_365, 2_048), "thumbnail": (267, 400)}
    assert (await http.get(picture["links"]["original"])).content == original
    assert not [each for each in showing.kept() if "/parts/" in each]


async def test_a_text_of_the_company_stands_on_smaller_sizes_and_never_on_originals(
    showing: Showing, http: httpx.AsyncClient
) -> None:
    session, content = await showing.session(), photograph(900, 600)
    await showing.sent(session, "before.jpg", content)
    await showing.look_after()
    [plain] = await showing.pictures(session)
    before = await colours(http, plain["links"]["web"])
    told = [
        (await showing.ask("PUT", "/v1/picture-settings", json={"watermark": "© Harbor Light"})).json()
        for _ in range(2)
    ]
    assert told[0] == told[1] == {"watermark": "© Harbor Light", "outdated": told[0]["outdated"]}
    assert told[0]["outdated"] > 0
    assert (await showing.progress(session))["ready"] == 1
    await showing.sent(session, "behind.jpg", content)
    await showing.look_after()
    settings = await showing.ask("GET", "/v1/picture-settings")
    assert settings.json() == {"watermark": "© Harbor Light", "outdated": 0}
    marked = await showing.pictures(session)
    for each in marked:
        assert (await http.get(each["links"]["original"])).content == content
        assert await colours(http, each["links"]["web"]) > 5 * before
    # What a browser has kept under the old address is asked for no more, and that leads to the new one.
    assert not {plain["links"]["web"], plain["links"]["thumbnail"]} & {*marked[0]["links"].values()}
    assert await colours(http, plain["links"]["web"]) > 5 * before
    place = f"{showing.account_id}/{session}/{plain['id']}/original"
    (showing.folder / place).unlink()
    await showing.ask("PUT", "/v1/picture-settings", json={"watermark": None})
    await showing.look_after()
    lost, again = await showing.pictures(session)
    assert (lost["state"], again["state"]) == ("ready", "ready")
    assert await colours(http, lost["links"]["web"]) > 5 * before
    assert await colours(http, again["links"]["web"]) == before


@pytest.mark.parametrize("is_back", [True, False])
async def test_what_a_store_has_that_was_away_is_not_lost(
    showing: Showing, monkeypatch: pytest.MonkeyPatch, *, is_back: bool
) -> None:
    session, content = await showing.session(), photograph()
    await showing.sent(session, "away.jpg", content)
    location = await showing.begun(session, "whole.jpg", len(content))
    with monkeypatch.context() as killed:
        killed.setattr("app.galleries.uploads.finished", fails)
        await showing.send(location, content)
    kept = {each for each in showing.kept() if session in each}
    place = showing.folder / str(showing.account_id) / session
    now, elsewhere = clock.now(), place.with_name(f"{session}-elsewhere")
    place.rename(elsewhere)
    try:
        for minutes in (6, 8, 70):
            if minutes == 70 and is_back:
                _put_back(elsewhere, place)
            clock.hold(now + timedelta(minutes=minutes))
            await showing.look_after()
            clock.hold(None)
            told = await showing.progress(session)
            assert (told["refused"] > 0) == (minutes == 70 and not is_back)
    finally:
        clock.hold(None)
    pictures = await showing.pictures(session)
    if is_back:
        assert [each["state"] for each in pictures] == ["ready", "ready"]
    else:
        assert [(each["state"], each["reason"]) for each in pictures] == [("refused", "lost")]
        assert [each["reason"] for each in told["uploads"]] == ["lost"]
        _put_back(elsewhere, place)
        await showing.look_after()
        assert kept
        assert kept <= showing.kept()


async def test_a_picture_deleted_while_it_is_made_smaller_leaves_no_file(
    showing: Showing, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await showing.session()
    picture = await showing.sent(session, "gone.jpg", photograph())
    made, other = Worker.render, Tending(showing.studio.database, showing.files, workers=1)

    async def late(self: Worker, *told: Any) -> Rendered:
        rendered = await made(self, *told)
        assert (await showing.do(session, "delete", picture_ids=[picture])).status_code == 200
        clock.hold(clock.now() + timedelta(minutes=6))
        await other.look_after(showing.account_id)
        return rendered

    monkeypatch.setattr(Worker, "render", late)
    try:
        await showing.look_after()
        clock.hold(clock.now() + timedelta(minutes=13))
        await showing.look_after()
    finally:
        clock.hold(None)
    assert not [each for each in showing.kept() if picture in each]


async def fails(*_: object) -> None:
    raise OSError


def _put_back(elsewhere: Path, place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    elsewhere.rename(place)


async def colours(http: httpx.AsyncClient, link: str) -> int:
    """Count the colours of a picture: few of one that is red and blue, many where a text shines through."""
    return len(opened((await http.get(link)).content).getcolors(600_000) or [])


def test_the_server_loads_nothing_that_takes_pictures_apart(repository: Path) -> None:
    users = {
        str(file.relative_to(repository / "app"))
        for file in (repository / "app").rglob("*.py")
        if re.search(r"^\s*(from|import) (PIL\b|app\.readers\.pictures)", file.read_text(), re.MULTILINE)
    }
    assert users == {"readers/pictures.py"}


async def test_a_bomb_and_a_damaged_picture_are_refused_and_the_others_are_shown(showing: Showing) -> None:
    session, content = await showing.session(), photograph(900, 600)
    await showing.sent(session, "bomb.png", bomb())
    await showing.sent(session, "damaged.jpg", content[: len(content) // 2])
    await showing.sent(session, "good.jpg", content)
    await showing.look_after()
    assert [(each["state"], each["reason"]) for each in await showing.pictures(session)] == [
        ("refused", "too_many_pixels"),
        ("refused", "damaged"),
        ("ready", None),
    ]
    told = await showing.progress(session)
    assert (told["ready"], told["refused"]) == (1, 2)


@pytest.mark.parametrize(("kills", "state", "reason"), [(2, "ready", None), (3, "refused", "too_costly")])
async def test_a_picture_whose_process_is_killed_is_tried_again_and_in_the_end_refused(
    showing: Showing, monkeypatch: pytest.MonkeyPatch, kills: int, state: str, reason: str | None
) -> None:
    started, killed = rendering.worker, 0

    @asynccontextmanager
    async def killing() -> AsyncIterator[Worker]:
        nonlocal killed
        async with started() as process:
            if killed < kills:
                killed += 1
                os.kill(process.pid, signal.SIGKILL)
            yield process

    session = await showing.session()
    await showing.sent(session, "killed.jpg", photograph())
    monkeypatch.setattr(rendering, "worker", killing)
    await showing.look_after()
    [picture] = await showing.pictures(session)
    assert (killed, picture["state"], picture["reason"]) == (kills, state, reason)
