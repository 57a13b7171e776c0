"""Pictures are sent by tus, in as many pieces as it takes; a bad file fails alone, and says why."""

import asyncio
import hashlib
from base64 import b64encode
from datetime import timedelta
from io import BytesIO
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from tusclient.client import TusClient

from app.core import clock
from app.core.ids import new_id
from app.galleries import limits
from app.galleries.files import FileGone, Place
from tests.galleries.showing import TUS, Showing, photograph
from tests.serving import on_a_port

BAD_NAMES = {
    "": "empty",
    "...": "empty",
    "a@b.jpg": "special_character",
    "no#1.jpg": "special_character",
    "5$.jpg": "special_character",
    "Ann & Bob.jpg": "special_character",
    "a/b.jpg": "path_separator",
    "..\\b.jpg": "path_separator",
    "a\r\nb.jpg": "control_character",
    "gpj.\u202eexe": "control_character",
    "a" * 101: "too_long",
}


async def test_a_name_that_will_not_do_is_refused_with_its_reason_and_others_are_taken(
    showing: Showing,
) -> None:
    session, content = await showing.session(), photograph()
    found = {}
    for name in BAD_NAMES:
        answer = await showing.begin(session, name, 10)
        assert (answer.status_code, answer.json()["code"]) == (422, "picture_name_refused")
        found[name] = answer.json()["reason"]
    assert found == BAD_NAMES
    for name in ("Emma_01-b.final cut.jpg", "Zoë, Größe.jpg", "IMG_0412"):
        await showing.sent(session, name, content)
    again = await showing.begin(session, "img_0412", 10)
    assert (again.json()["code"], again.json()["reason"]) == ("picture_name_refused", "taken")
    told = [(each["name"], each["number"]) for each in await showing.pictures(session)]
    assert told == [
        ("Emma_01-b.final cut.jpg", "Emma_01-b.final cut"),
        ("Zoë, Größe.jpg", "Zoë, Größe"),
        ("IMG_0412", "IMG_0412"),
    ]


async def test_a_file_that_was_cut_is_gone_on_with_where_it_stands(showing: Showing) -> None:
    session, content = await showing.session(), photograph()
    location = await showing.begun(session, "cut.jpg", len(content))
    first = await showing.send(location, content[:100])
    assert (first.status_code, first.headers["upload-offset"]) == (204, "100")
    stands = await showing.ask("HEAD", location, headers=TUS)
    told = [stands.headers[name] for name in ("upload-offset", "upload-length", "tus-resumable")]
    assert told == ["100", str(len(content)), "1.0.0"]
    wrong = await showing.send(location, content[50:], 50)
    assert (wrong.status_code, wrong.json()["code"]) == (409, "upload_offset_differs")
    assert wrong.headers["tus-resumable"] == "1.0.0"
    rest = await showing.send(location, content[100:], 100)
    assert rest.headers["upload-offset"] == str(len(content))
    [picture] = await showing.pictures(session)
    assert picture["sha256"] == hashlib.sha256(content).hexdigest()
    assert (await showing.ask("HEAD", location)).headers["upload-offset"] == str(len(content))
    over = await showing.send(await showing.begun(session, "over.jpg", 100), content)
    assert (over.status_code, over.json()["code"]) == (413, "upload_too_long")


async def test_of_two_who_send_the_same_piece_one_goes_on(showing: Showing) -> None:
    session, content = await showing.session(), photograph(600, 400)
    location = await showing.begun(session, "both.jpg", len(content))
    answers = await asyncio.gather(*(showing.send(location, content) for _ in range(3)))
    assert sorted(each.status_code for each in answers) == [204, 409, 409]
    [picture] = await showing.pictures(session)
    assert picture["sha256"] == hashlib.sha256(content).hexdigest()


async def test_a_piece_that_arrives_changed_is_not_kept(showing: Showing) -> None:
    session, content = await showing.session(), photograph()
    location = await showing.begun(session, "changed.jpg", len(content))
    sha1 = f"sha1 {b64encode(hashlib.sha1(content).digest()).decode()}"  # noqa: S324 - of the protocol
    changed = await showing.send(location, content[::-1], upload_checksum=sha1)
    assert (changed.status_code, changed.json()["code"]) == (460, "upload_checksum_differs")
    odd = await showing.send(location, content, upload_checksum="crc32 AAAA")
    assert (odd.status_code, odd.json()["code"]) == (400, "upload_checksum_unsupported")
    assert (await showing.ask("HEAD", location)).headers["upload-offset"] == "0"
    assert (await showing.send(location, content, upload_checksum=sha1)).status_code == 204


async def test_a_file_that_is_no_picture_fails_alone_and_says_why(showing: Showing) -> None:
    session, content = await showing.session(), photograph()
    program = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00" + b"\0" * 500
    location = await showing.begun(session, "holiday.jpg", len(program))
    refused = await showing.send(location, program[:100])
    assert (refused.status_code, refused.json()["code"]) == (422, "not_a_picture")
    further = await showing.send(location, program[100:], 0)
    assert (further.json()["code"], further.json()["reason"]) == ("upload_refused", "not_a_picture")
    for form in ("JPEG", "PNG", "WEBP"):
        await showing.sent(session, f"named after nothing {form}.exe", photograph(form=form))
    first, second = [await showing.begun(session, "twin.jpg", len(content)) for _ in range(2)]
    assert (await showing.send(first, content)).status_code == 204
    assert (await showing.send(second, content)).json()["reason"] == "name_taken"
    told = await showing.progress(session)
    assert (told["receiving"], told["waiting"], told["refused"]) == (0, 4, 2)
    assert {each["name"]: each["reason"] for each in told["uploads"]} == {
        "holiday.jpg": "not_a_picture",
        "twin.jpg": "name_taken",
    }
    assert {each["media_type"] for each in await showing.pictures(session)} == {
        *("image/jpeg", "image/png", "image/webp")
    }


async def test_no_two_pictures_of_a_session_are_called_the_same_by_orders(showing: Showing) -> None:
    session, content = await showing.session(), photograph()
    for name in ("IMG.png.jpg", "img.jpg", "IMG.webp"):
        await showing.sent(session, name, content)
    neither = await showing.send(await showing.begun(session, "IMG.png", len(content)), content)
    assert (neither.json()["code"], neither.json()["reason"]) == ("upload_refused", "name_taken")
    numbers = [each["number"] for each in await showing.pictures(session)]
    assert numbers == ["IMG.png", "img", "IMG.webp"]


async def test_there_is_as_much_room_as_an_account_has(showing: Showing, house: FastAPI) -> None:
    session = await showing.session()
    large = await showing.begin(session, "large.jpg", limits.MAX_BYTES + 1)
    assert (large.status_code, large.json()["code"]) == (413, "picture_too_large")
    stored = await showing.studio.execute("SELECT kept_bytes FROM picture_storage WHERE account_id = $1")
    # None, where this is the first test that asks the studio for anything.
    kept = stored[0][0] if stored else 0
    usual = house.state.picture_bytes_per_account
    house.state.picture_bytes_per_account = kept + 1_000
    try:
        location = await showing.begun(session, "fits.jpg", 1_000)
        full = await showing.begin(session, "more.jpg", 1)
        assert (full.status_code, full.json()["code"]) == (409, "picture_quota_exceeded")
        assert (await showing.ask("DELETE", location, headers=TUS)).status_code == 204
        assert (await showing.ask("HEAD", location)).status_code == 404
        assert (await showing.begin(session, "more.jpg", 1)).status_code == 201
    finally:
        house.state.picture_bytes_per_account = usual


async def test_there_are_only_so_many(showing: Showing, monkeypatch: pytest.MonkeyPatch) -> None:
    session = await showing.session()
    for limit, code in (("MAX_PICTURES", "too_many_pictures"), ("MAX_UPLOADS", "too_many_uploads")):
        monkeypatch.setattr(limits, limit, 0)
        refused = await showing.begin(session, "one.jpg", 10)
        assert (refused.status_code, refused.json()["code"]) == (409, code)


async def test_what_nobody_goes_on_with_is_forgotten_with_its_files(showing: Showing) -> None:
    session, content = await showing.session(), photograph()
    location = await showing.begun(session, "left.jpg", len(content))
    await showing.send(location, content[:100])
    parts = {each for each in showing.kept() if location.rpartition("/")[2] in each}
    assert len(parts) == 1
    clock.hold(clock.now() + limits.KEPT_FOR + timedelta(minutes=1))
    try:
        await showing.look_after()
    finally:
        clock.hold(None)
    assert (await showing.ask("HEAD", location)).status_code == 404
    assert not parts & showing.kept()


async def test_a_server_that_was_killed_before_it_made_a_picture_makes_it_later(
    showing: Showing, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, content = await showing.session(), photograph()
    location = await showing.begun(session, "late.jpg", len(content))

    async def killed(*_: object) -> None:
        raise OSError

    monkeypatch.setattr("app.galleries.uploads.finished", killed)
    assert (await showing.send(location, content)).status_code == 503
    assert (await showing.ask("HEAD", location)).headers["upload-offset"] == str(len(content))
    assert await showing.pictures(session) == []
    clock.hold(clock.now() + timedelta(minutes=6))
    try:
        await showing.look_after()
    finally:
        clock.hold(None)
    assert [each["state"] for each in await showing.pictures(session)] == ["ready"]


async def test_an_upload_that_is_ended_twice_leaves_the_original_as_it_was_sent(showing: Showing) -> None:
    session, content = await showing.session(), photograph()
    location = await showing.begun(session, "twice.jpg", len(content))
    await showing.send(location, content[:100])
    sql = "SELECT parts FROM picture_uploads WHERE account_id = $1 AND name = 'twice.jpg'"
    [[parts]] = await showing.studio.execute(sql)
    await showing.send(location, content[100:], 100)
    await showing.look_after()
    place = Place(showing.account_id, UUID(session), UUID(location.rpartition("/")[2]))
    # Whoever is slower finds the parts as the faster one removes them: none, or some.
    those: list[list[UUID]] = [[], parts]
    for kept in those:
        for each in kept:
            await showing.files.keep_part(place, each, content[:100])
        with pytest.raises(FileGone):
            await showing.files.join(place, [*parts, new_id()])
    [picture] = await showing.pictures(session)
    assert (await showing.ask("GET", picture["links"]["original"])).content == content


async def test_a_client_of_tus_sends_files_and_goes_on_with_one_it_has_left(
    showing: Showing, house: FastAPI
) -> None:
    session = await showing.session()
    contents = {f"IMG_{n:04}.jpg": photograph(300 + n, 200, shade=n) for n in range(3)}

    def send(url: str) -> None:
        client = TusClient(f"{url}/v1/sessions/{session}/pictures", headers=showing.desk.headers)
        for name, content in contents.items():
            begun = client.uploader(
                file_stream=BytesIO(content),
                metadata={"filename": name, "filetype": "image/jpeg"},
                chunk_size=1_000,
                upload_checksum=True,
            )
            begun.upload(stop_at=1_000)
            assert begun.offset == 1_000
            client.uploader(file_stream=BytesIO(content), url=begun.url, upload_checksum=True).upload()

    async with on_a_port(house, lifespan="off") as url:
        await asyncio.to_thread(send, url)
        async with httpx.AsyncClient(base_url=url) as browser:
            found = {
                each["name"]: (await browser.get(each["links"]["original"])).content
                for each in await showing.pictures(session)
            }
    assert found == contents
