"""A phone that is looked at from within the house is the one that asks."""

from dataclasses import replace
from uuid import UUID, uuid4

from app.accounts.phones import phone_of
from app.accounts.standing import admit
from app.accounts.tokens import verify_access
from app.core.principal import Level
from tests.accounts.people import give, secured
from tests.accounts.studios import Studio


async def test_who_a_phone_would_ask_as_is_who_it_asks_as(studio: Studio) -> None:
    await secured(studio)
    await give(studio, clients=Level.VIEW_ONLY)
    await studio.execute("UPDATE users SET departments = $2 WHERE account_id = $1", [uuid4()])
    await studio.execute("UPDATE devices SET studio_id = $2 WHERE account_id = $1", uuid4())
    phone = await studio.signed_in()
    claims = verify_access(studio.keys, phone["access_token"])
    async with studio.database.reading(studio.account.account_id) as session:
        asks = (await admit(session, studio.keys, claims)).who
        found = await phone_of(session, UUID(phone["device"]["id"]))
    assert found.who == replace(asks, sign_in_id=None)
    assert found.refusal is None
