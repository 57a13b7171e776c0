"""After any sequence of commands, uploads and days what is counted is what there is."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from obstore.store import MemoryStore

from app.accounts.standing import acting
from app.core import clock
from app.desk.home import store as home
from app.desk.home.store import Asker
from app.galleries import pictures
from app.galleries.errors import PicturesHosted
from app.galleries.files import Files
from app.galleries.lifecycle.expiring import expire
from app.galleries.rendering import Rendered
from app.galleries.tending import Tending
from app.galleries.upload_models import PictureTask, TaskKind
from app.sync.upkeep import verify
from tests.facts import Property
from tests.galleries.lifecycle.conftest import Site
from tests.studio.conftest import NOON, call

Hold = Callable[[datetime | None], None]
ZONE = ZoneInfo("America/New_York")
ENOUGH = ("publish_gallery", "extend_gallery", "take_down_gallery")
_HOSTED = """
SELECT s.id, s.gallery_state, s.gallery_images, s.web_expire_date,
    count(p.id) FILTER (WHERE p.is_online AND p.state = 'ready') AS hosted, count(p.id) AS there,
    (SELECT count(*) FROM galleries g
        WHERE g.account_id = $1 AND g.session_id = s.id AND g.taken_down_at IS NULL) AS open
FROM sessions s LEFT JOIN pictures p ON p.account_id = $1 AND p.session_id = s.id
WHERE s.account_id = $1 GROUP BY s.account_id, s.id
"""


@pytest.mark.parametrize(
    ("seed", "steps"), [(1, 40), (2, 40), pytest.param(3, 1_000, marks=pytest.mark.proof)]
)
async def test_counts_equal_a_recount(
    site: Site, held: Hold, seed: int, steps: int, record_property: Property
) -> None:
    dice, hands, now = Random(seed), Random(-seed - 9), NOON  # noqa: S311 - a repeatable run
    sessions = [await site.session(dice.randrange(3)) for _ in range(4)]
    verdicts, taken_down = set(), 0
    for _ in range(steps):
        now += timedelta(hours=dice.choice((0, 0, 1, 13, 24 * 9)))
        held(now)
        await expire(site.company.desk.database, site.company.desk.account_id)
        today = now.astimezone(ZONE).date()
        if dice.random() < 0.3:
            ready = dice.choice(("ready", "waiting", "refused"))
            rating = dice.choice(("selected", "not_selected", "undecided"))
            await site.pictures(dice.choice(sessions), 2, rating, ready)
        await _by_hand(site, hands, hands.choice(sessions))
        changes = [_change(dice, dice.choice(sessions), today) for _ in range(dice.randrange(1, 4))]
        opened = {row["id"] for row in await site.execute(_HOSTED) if row["open"]}
        results = await site.company.push(*changes, atomicity=dice.choice(("each", "all")))
        verdicts |= {each["verdict"] for each in results}
        closed = [row for row in await site.execute(_HOSTED) if row["id"] in opened and not row["open"]]
        assert all((row["gallery_state"], row["hosted"]) == ("taken_down", 0) for row in closed)
        taken_down += len(closed)
        await _agree(site, today)
    record_property("counted: steps of galleries", steps)
    assert taken_down
    assert verdicts >= {"applied", "noop", "rejected", "blocked"}
    assert not await verify(site.company.desk.database, site.company.desk.who)


async def _by_hand(site: Site, dice: Random, session: str) -> None:
    """Make a picture smaller, or not; choose some for the gallery, leave some out, or delete some."""
    sql = "SELECT id, state FROM pictures WHERE account_id = $1 AND session_id = $2 ORDER BY uploaded_at"
    rows = await site.execute(sql, UUID(session))
    some = {row["id"] for row in dice.sample(rows, min(len(rows), 2))}
    desk, doing = site.company.desk, dice.choice(("make", "make", "show", "delete"))
    if doing == "make":
        tending = Tending(desk.database, Files(MemoryStore()), workers=1)
        for each in [row["id"] for row in rows if row["state"] == "waiting"][:2]:
            task = PictureTask(
                account_id=desk.account_id,
                kind=TaskKind.RENDER,
                picture_id=each,
                session_id=UUID(session),
                due_at=clock.now(),
            )
            is_fit = dice.random() < 0.8
            made = Rendered(60, 40, b"", b"") if is_fit else None
            await tending._settle(task, made, None if is_fit else "damaged")
        return
    async with desk.database.writing(desk.account_id) as writing:
        work = await acting(writing, desk.who)
        with suppress(PicturesHosted):
            if doing == "show":
                await pictures.show(work, UUID(session), some, is_online=dice.random() < 0.5)
            else:
                await pictures.delete(work, UUID(session), some)


def _change(dice: Random, session: str, today: date) -> dict[str, object]:
    command = dice.choice(ENOUGH)
    day = str(today + timedelta(days=dice.choice((-3, 0, 1, 12))))
    sent: dict[str, object] = {"web_expire_date": day} if command == "extend_gallery" else {}
    if command == "publish_gallery" and dice.random() < 0.6:
        sent["ratings"] = dice.sample(["selected", "not_selected", "undecided"], dice.randrange(3))
    return call(command, "sessions", session, **sent)


async def _agree(site: Site, today: date) -> None:
    """Compare what phones, the panel and the pictures tell."""
    rows = await site.execute(_HOSTED)
    await site.company.phone.pull()
    for row in rows:
        is_open = row["gallery_state"] in ("online", "expired")
        over = row["web_expire_date"] is not None and row["web_expire_date"] <= today
        assert not is_open or (row["gallery_state"] == "expired") == over
        assert row["gallery_images"] == (row["hosted"] if is_open else 0)
        assert row["open"] == int(is_open)
        held_ = site.company.phone.records["sessions", str(row["id"])]
        assert (held_["gallery_state"], held_["gallery_images"]) == (
            row["gallery_state"],
            row["gallery_images"],
        )
    desk = site.company.desk
    asker = Asker(UUID(int=1), [], today, sees_private=True, sees_clients=True, most=20)
    async with desk.database.reading(desk.account_id) as session:
        told = (await home.galleries(session, asker))[0]
    states = [row["gallery_state"] for row in rows]
    assert (told["active"], told["set_to_expire"]) == (states.count("online"), states.count("expired"))
    assert told["images_hosted"] == sum(row["gallery_images"] for row in rows)
