"""Every code of the document is provoked by the line that is shown with it, and answered to nothing else."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.core.db import Database
from app.core.errors import AppError, refusals
from app.http.provoked import provoked
from app.main import create_app
from app.simulator.server import Options, Simulator
from app.sync import registry
from tests.accounts.studios import PASSWORD, new_studio
from tests.contract.conftest import asked
from tests.house.lines import Teller
from tests.house.requests import check_shape
from tests.serving import TRUST, unhurried

_OFTEN = re.compile(r"\(\d{3} times\)")
NOT_BY_A_LINE: dict[str, tuple[str, str]] = {
    "account_busy": ("many ask at once", "tests/accounts/test_turns.py"),
    "already_sending": ("the provider is silent", "tests/outbox/test_texts.py"),
    "body_timeout": ("a body comes slowly", "tests/accounts/test_odd_bodies.py"),
    "card_environment_refused": ("the server is set to charge nothing", "tests/cards/test_gate.py"),
    "card_merchant_in_use": ("the processor's answer is lost", "tests/cards/test_merchants.py"),
    "card_payment_settled": ("the processor has closed its day", "tests/cards/test_paying.py"),
    "client_too_old": ("the server is set to a later schema", "tests/contract/test_too_old.py"),
    "delivery_under_way": ("a receiver takes its time", "tests/webhooks/test_webhook_posts.py"),
    "head_too_large": ("said before there is a request", "tests/house/test_heads.py"),
    "hook_signature_wrong": ("the provider of texts must let in first", "tests/outbox/test_texts.py"),
    "internal_error": ("a defect", "tests/accounts/test_problems.py"),
    "letter_files_full": ("hundreds of megabytes are sent before", "tests/outbox/test_letter_files.py"),
    "letter_was_sent": ("a mail server has taken it", "tests/outbox/test_letters_api.py"),
    "mail_check_refused": ("a mail server refuses it", "tests/outbox/test_mailbox_settings.py"),
    "mail_folder_not_found": ("a mailbox says so", "tests/outbox/test_mailbox_settings.py"),
    "mail_host_refused": ("only in production", "tests/outbox/test_mailbox_settings.py"),
    "mail_login_refused": ("a mailbox says so", "tests/outbox/test_mailbox_settings.py"),
    "not_outgoing": ("a client has written", "tests/studio/test_sending.py"),
    "overloaded": ("many ask at once", "tests/house/test_pressure.py"),
    "picture_quota_exceeded": ("gigabytes are sent before", "tests/galleries/test_uploading.py"),
    "processor_unavailable": ("the processor is away", "tests/cards/test_paying.py"),
    "query_too_slow": ("there are very many records", "tests/desk/hubs/test_hub_plans.py"),
    "request_in_progress": ("two ask at once", "tests/desk/test_once.py"),
    "schedule_too_large": ("there are very many bookings", "tests/desk/calendar/test_schedule_reading.py"),
    "text_line_refused": ("the provider of texts says so", "tests/outbox/test_texts.py"),
    "text_provider_away": ("the provider of texts is away", "tests/outbox/test_texts.py"),
    "text_token_missing": ("the provider of texts must let in first", "tests/outbox/test_texts.py"),
    "token_expired": ("time goes by", "tests/accounts/test_refresh.py"),
    "too_many_occurrences": ("a verdict, of several series in one push", "tests/studio/test_series.py"),
    "too_many_pictures": ("20,000 are sent before", "tests/galleries/test_uploading.py"),
    "too_many_recipients": ("there are 20,000 clients", "tests/automations/test_communications.py"),
    "too_many_streams": ("many listen at once", "tests/sync/test_live.py"),
    "too_many_uploads": ("20,000 are begun before", "tests/galleries/test_uploading.py"),
    "unavailable": ("the database is away", "tests/faults/test_pauses.py"),
    "web_order_stands": ("a client orders in a browser", "tests/galleries/orders/test_data_sync.py"),
    "web_order_target_not_found": (
        "a client orders in a browser",
        "tests/galleries/orders/test_data_sync.py",
    ),
}
"""Of each code no line provokes: what else must happen, and the test that has it happen."""


@pytest.fixture(scope="module")
async def teller(
    database: Database, database_url: str, server_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Teller]:
    """Open a house whose cards a simulator charges, with a studio that has a desk, a phone and a key."""
    ledger = tmp_path_factory.mktemp("processor") / "ledger.sqlite"
    async with Simulator(Options(ledger)) as simulator:
        settings = unhurried(
            database_url,
            tmp_path_factory.mktemp("house"),
            listen_database_url=server_url,
            environment="development",
            transit_simulator_url=simulator.url,
        )
        app = create_app(settings)
        async with (
            app.router.lifespan_context(app),
            asked(app) as house,
            httpx.AsyncClient(verify=TRUST) as outside,
        ):
            studio = await new_studio(database, house, app.state.keys)
            desk, phone = await studio.signed_in(initials="JD", device=None), await studio.signed_in()
            known = {
                "account": studio.account.account_name,
                "account_id": str(studio.account.account_id),
                "user_id": desk["user"]["id"],
                "photographer_id": phone["user"]["id"],
                "password": PASSWORD,
                "token": desk["access_token"],
                "phone": phone["access_token"],
                "phone_uid": str(studio.uid),
                "device_id": phone["device"]["id"],
                "photographer": (await studio.signed_in(device=None))["access_token"],
                "schema_version": str(registry.schema_version()),
                "simulator": simulator.url,
                "newline": "\n",
            }
            made = Teller(house, outside, known)
            await made.tell(
                'POST /v1/api-keys {"name": "Widget", "levels": {"clients": "view_only"}} -> key=key'
            )
            shown = await made.tell('PATCH /v1/companies/{account_id} [If-Match: *] {"has_galleries": true}')
            assert shown.status_code == 200, shown.text
            yield made


def _codes() -> Iterator[Any]:
    """Yield the codes; what is asked so often that it takes seconds is for proofs."""
    for code, how in provoked().items():
        is_long = any(_OFTEN.search(line) for line in how.given)
        yield pytest.param(code, marks=[pytest.mark.proof] if is_long else [])


@pytest.mark.parametrize("code", [*_codes()])
async def test_the_line_that_is_shown_is_refused_with_the_code(code: str, teller: Teller) -> None:
    mine = Teller(teller.house, teller.outside, dict(teller.known))
    answer = await mine.provoke(provoked()[code])
    assert answer.status_code >= 400, answer.text[:1000]
    assert check_shape(answer) == code, answer.text[:1000]
    assert answer.status_code == _kinds()[code].status


def test_every_code_has_a_line_or_the_reason_why_none_provokes_it(repository: Path) -> None:
    lines, others = set(provoked()), set(NOT_BY_A_LINE)
    lacking = set(_kinds()) - lines - others
    assert not lacking, "each needs a line in openapi/provoked.toml, or a reason in NOT_BY_A_LINE"
    assert lines | others == set(_kinds())
    assert lines & others == set()
    for code, (_, test) in NOT_BY_A_LINE.items():
        assert code in (repository / test).read_text(), (code, test)


def _kinds() -> dict[str, type[AppError]]:
    return {kind.code: kind for kind in refusals() if kind.__module__.startswith("app.")}
