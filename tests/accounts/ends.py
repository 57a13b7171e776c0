"""What ends somebody's access, whatever they are doing: each takes a studio, and a phone that signed in."""

from typing import Any
from uuid import UUID

from app.accounts.lifecycle import change_account
from app.accounts.models import Edition, SubscriptionState
from app.accounts.users import change_user
from app.core.principal import Principal
from tests.accounts.studios import PASSWORD, Studio, bearer

Json = dict[str, Any]


async def deactivated(studio: Studio, phone: Json) -> None:
    answer = await studio.change_device(phone["device"]["id"], is_inactive=True)
    assert answer.status_code == 200, answer.text


async def user_made_inactive(studio: Studio, phone: Json) -> None:
    async with studio.database.writing(studio.account.account_id) as session:
        who = Principal.system(studio.account.account_id)
        await change_user(session, who, UUID(phone["user"]["id"]), is_active=False)


async def subscription_lapsed(studio: Studio, _: Json) -> None:
    async with studio.database.writing(studio.account.account_id) as session:
        who = Principal.system(studio.account.account_id)
        await change_account(session, who, subscription_state=SubscriptionState.CANCELLED)


async def edition_lowered(studio: Studio, _: Json) -> None:
    async with studio.database.writing(studio.account.account_id) as session:
        await change_account(session, Principal.system(studio.account.account_id), edition=Edition.EXPRESS)


async def signed_out(studio: Studio, phone: Json) -> None:
    await studio.client.post("/v1/auth/logout", headers=bearer(phone))


async def password_changed_elsewhere(studio: Studio, _: Json) -> None:
    desk = await studio.signed_in(device=None)
    body = {"current_password": PASSWORD, "new_password": "a long walk up the hill"}
    answer = await studio.client.post("/v1/auth/password", json=body, headers=bearer(desk))
    assert answer.status_code == 204, answer.text
