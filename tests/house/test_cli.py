"""What an operator types does what it says, and fails with a sentence."""

import asyncio
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.engine import make_url

from app.accounts.operator import hash_of
from app.core.clock import now
from app.core.db import Database
from app.sync import registry
from app.sync.store import Write
from tests.accounts.studios import PASSWORD, Studio, as_owner, new_studio
from tests.contract.desks import at_a_desk
from tests.contract.phones import change, signed_in
from tests.contract.records import by_server
from tests.house.conftest import Typed
from tests.house.test_database_away import Line
from tests.samples import named, sample

ALIKE = "0 records differ from the feed.\n0 tallies differ from it.\n"


async def test_the_collections_are_listed_by_their_whole_names(typed: Typed) -> None:
    code, printed = await typed("collections")
    assert code == 0
    listed = [line.split("\t") for line in printed.splitlines()]
    assert [row[1] for row in listed] == [each.name for each in registry.collections()]
    assert [row[-1] for row in listed] == [each.description for each in registry.collections()]


async def test_a_new_account_s_administrator_can_sign_in_on_a_desk(
    typed: Typed, http: httpx.AsyncClient
) -> None:
    name = f"c{uuid4().hex}"
    create = (
        "account", "create", name, "--company", "Harbor Light", "--time-zone", "America/New_York",
        "--country", "US", "--initials", "AB", "--first-name", "Ann", "--last-name", "Berg",
    )  # fmt: skip
    code, printed = await typed(*create, "--password", PASSWORD)
    assert (code, name in printed, PASSWORD in printed) == (0, True, False)
    words = {"account": name, "initials": "ab", "password": PASSWORD}
    answer = await http.post("/v1/auth/login", json=words)
    assert (answer.status_code, answer.json()["user"]["is_administrator"]) == (200, True)
    code, printed = await typed(*create, "--password", PASSWORD)
    assert (code, "account_name_taken" in printed) == (1, True)


async def test_an_account_is_changed_and_listed(typed: Typed, studio: Studio) -> None:
    name = studio.account.account_name
    await studio.authorize(2)
    code, printed = await typed(
        "account", "change", name, "--licences", "1", "--edition", "enterprise", "--subscription", "active"
    )
    assert (code, "3 of 2 devices are in use, 1 too many" in printed) == (0, True)
    code, printed = await typed("account", "list")
    listed = {row[0]: row[1:] for row in (line.split("\t") for line in printed.splitlines())}
    assert (code, listed[name]) == (0, ["Studio of a test", "enterprise", "active", "1", "3 of 2"])
    code, printed = await typed("account", "change", name, "--time-zone", "Mars")
    assert (code, "(invalid_account; field: time_zone)" in printed) == (1, True)
    code, printed = await typed("account", "change", f"n{uuid4().hex}", "--licences", "1")
    assert (code, "There is no account" in printed) == (1, True)


async def test_a_forgotten_password_is_replaced_by_one_that_must_be_reset(
    typed: Typed, studio: Studio
) -> None:
    name, other = studio.account.account_name, "nine geese over the bay"
    code, printed = await typed("account", "password", name, "jd", "--password", other)
    assert (code, other in printed) == (0, False)
    words = {"initials": "JD", "device": None}
    assert (await studio.login(**words)).json()["code"] == "invalid_credentials"
    assert (await studio.login(**words, password=other)).json()["code"] == "password_reset_required"
    code, printed = await typed("account", "password", name, "XX", "--password", other)
    assert (code, "(unknown_user)" in printed) == (1, True)


async def test_a_key_is_made_for_the_operator(typed: Typed) -> None:
    code, printed = await typed("account", "key")
    told = dict(re.findall(r"(key|OPERATOR_KEY_HASH)(?:, which is kept nowhere: |=)(\S+)", printed))
    assert (code, hash_of(told["key"])) == (0, told["OPERATOR_KEY_HASH"])


async def test_an_account_goes_on_behind_a_chosen_number(typed: Typed, studio: Studio) -> None:
    name = studio.account.account_name
    code, printed = await typed("account", "number", name, "tasks", "4000")
    assert (code, "from 4001 on" in printed) == (0, True)
    task = uuid4()
    await by_server(studio, Write("tasks", task, sample("tasks")))
    async with studio.database.reading(studio.account.account_id) as session:
        sql = "SELECT task_number FROM tasks WHERE account_id = $1 AND id = $2"
        assert await session.raw.fetchval(sql, studio.account.account_id, task) == 4001
    code, printed = await typed("account", "number", f"n{uuid4().hex}", "tasks", "1")
    assert (code, "There is no account" in printed) == (1, True)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--password", "short"), 1, "(password_blocked; reason: too_short)"),
        (("--password", PASSWORD, "--time-zone", "Mars"), 1, "(invalid_account; field: time_zone)"),
        (("--password", PASSWORD, "--licences", "0"), 2, ""),
    ],
)
async def test_what_is_wrong_with_an_account_is_told(
    typed: Typed, words: tuple[str, ...], code: int, told: str
) -> None:
    answer, printed = await typed(
        "account", "create", f"c{uuid4().hex}", "--company", "X", "--time-zone", "UTC", "--country", "US",
        "--initials", "AB", "--first-name", "A", "--last-name", "B", *words,
    )  # fmt: skip
    assert (answer, told in printed) == (code, True)


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"PORT": "abc"}, "PORT: Input should be a valid integer"),
        ({"DATABASE_URL": "postgresql://u:Mumpitz@127.0.0.1:1/x"}, "DATABASE_URL: "),
        ({"DATABASE_URL": "postgresql://u:Mumpitz@host:word/x"}, "DATABASE_URL: "),
        ({"DATABASE_URL": "postgresql://u:Mumpitz@127.0.0.1:1/x?sslmode=odd"}, "DATABASE_URL: "),
        ({"MIGRATION_DATABASE_URL": "postgresql://u:Mumpitz@127.0.0.1:1/x"}, "MIGRATION_DATABASE_URL: "),
        ({"LISTEN_DATABASE_URL": "postgresql://u:Mumpitz@host:word/x"}, "LISTEN_DATABASE_URL: "),
        (
            {"DATABASE_URL": "", "PULL_DATABASE_URL": "postgresql://u:Mumpitz@replica/x"},
            "PULL_DATABASE_URL: There is no replica",
        ),
        (
            {
                "DATABASE_URL": "",
                "DATABASE_POOLER": "transaction",
                "LISTEN_DATABASE_URL": "postgresql://u:Mumpitz@replica/x",
            },
            "DATABASE_POOLER: There is no pooler",
        ),
        ({"DATABASE_POOLER": "session"}, "DATABASE_POOLER: "),
        ({"DATABASE_POOLER": "transaction"}, "LISTEN_DATABASE_URL: Behind a pooler"),
        (
            {
                "DATABASE_POOLER": "transaction",
                "DATABASE_URL": "postgresql://u:Mumpitz@127.0.0.1/x",
                "LISTEN_DATABASE_URL": "postgresql://v:Mumpitz@/x?host=127.0.0.1&port=5432",
            },
            "LISTEN_DATABASE_URL: This leads to the pooler",
        ),
        (
            {
                "DATABASE_POOLER": "transaction",
                "DATABASE_URL": "postgresql://u:Mumpitz@127.0.0.1:1/x",
                "MIGRATION_DATABASE_URL": "postgresql://u:Mumpitz@127.0.0.1:1/x",
                "LISTEN_DATABASE_URL": "postgresql://u:Mumpitz@127.0.0.1:2/x",
            },
            "MIGRATION_DATABASE_URL: This leads to the pooler",
        ),
        (
            {"DISTRIBUTED": "true", "PULL_DATABASE_URL": "postgresql://u:Mumpitz@127.0.0.1:1/x"},
            "DISTRIBUTED: PULL_DATABASE_URL leads to no replica of a cluster",
        ),
    ],
)
async def test_a_setting_that_is_wrong_is_named_and_no_password_told(
    typed: Typed, environment: dict[str, str], told: str
) -> None:
    code, printed = await typed("migrate", **environment)
    assert (code, printed.count("\n"), "Mumpitz" in printed) == (1, 1, False)
    assert printed.startswith(told)


async def test_a_database_that_is_missing_or_may_not_be_used_is_told(typed: Typed, owner_url: str) -> None:
    missing = make_url(owner_url).set(database="nowhere").render_as_string(hide_password=False)
    code, printed = await typed("migrate", DATABASE_URL=missing)
    assert (code, printed) == (1, 'DATABASE_URL: database "nowhere" does not exist\n')
    stranger = make_url(owner_url).set(username="nobody_here").render_as_string(hide_password=False)
    code, printed = await typed("migrate", DATABASE_URL=stranger)
    assert (code, printed.startswith("DATABASE_URL: ")) == (1, True)


async def test_to_migrate_past_a_pooler_is_to_say_how_its_login_works(
    typed: Typed, empty_database: str
) -> None:
    """A pooler is another address of the database, which is told no settings."""
    name = f"pooled_{uuid4().hex}"
    direct = make_url(empty_database).set(username=name, password="pooled").render_as_string(False)
    owner = await asyncpg.connect(empty_database)
    await owner.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'pooled'; GRANT studio_app TO {name}")
    known = {"DATABASE_POOLER": "transaction", "LISTEN_DATABASE_URL": direct}
    try:
        async with Line(direct).open() as pooled, Line(empty_database).open() as by_superuser:
            settings = {**known, "MIGRATION_DATABASE_URL": empty_database, "DATABASE_URL": pooled}
            assert await typed("migrate", **settings) == (0, "The database is up to date.\n")
            assert await owner.fetchval(
                "SELECT count(*) FROM pg_db_role_setting WHERE setrole = $1::regrole", name
            )
            assert (await typed("account", "list", **settings))[0] == 0
            await owner.execute(f"ALTER ROLE {name} IN DATABASE {make_url(direct).database} RESET role")
            assert (await typed("account", "list", **settings))[0] == 0
            code, printed = await typed("account", "list", **settings | {"DATABASE_URL": by_superuser})
            assert (code, "may see past row-level security" in printed) == (1, True)
    finally:
        await owner.execute(f"DROP ROLE {name}")
        await owner.close()


@pytest.mark.parametrize("query", ["sslmode=disable", "sslmode=prefer&channel_binding=prefer", "ssl=disable"])
async def test_what_hosts_put_behind_a_url_is_understood(typed: Typed, owner_url: str, query: str) -> None:
    url = f"{owner_url}{'&' if '?' in owner_url else '?'}{query}&application_name=theirs&connect_timeout=5"
    assert (await typed("migrate", DATABASE_URL=url))[0] == 0
    database = Database(url)
    async with database.directory() as connection:
        assert await connection.fetchval("SHOW application_name") == "theirs"
        assert await connection.fetchval("SELECT current_user::text") == "studio_app"
    await database.close()


async def test_a_database_that_cannot_encrypt_is_told_nothing_where_encryption_is_required() -> None:
    heard, ended = [], asyncio.Event()

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(8))
        writer.write(b"N")
        heard.append(await reader.read())
        writer.close()
        await writer.wait_closed()
        ended.set()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    database = Database(f"postgresql://u:Mumpitz@127.0.0.1:{port}/x?sslmode=require&channel_binding=prefer")
    async with server:
        with pytest.raises(ConnectionError):
            async with database.directory():
                pass
        await ended.wait()
    await database.close()
    assert heard == [bytes.fromhex("0000000804d2162f"), b""]


async def test_a_feed_that_differs_from_its_records_is_found_and_mended(
    typed: Typed, database: Database, house: FastAPI, http: httpx.AsyncClient, owner_url: str
) -> None:
    studio = await new_studio(database, http, house.state.keys)
    name = studio.account.account_name
    changed, damaged, lost, deleted = ids = [uuid4() for _ in range(4)]
    await by_server(studio, *(Write("clients", each, sample("clients")) for each in ids))
    copy = await (await signed_in(studio)).copy("clients")
    await _behind_its_back(
        owner_url,
        studio,
        ("UPDATE clients SET last_name = 'Behind' WHERE account_id = $1 AND id = $2", changed),
        (f"UPDATE feed SET body = {_DAMAGED} WHERE account_id = $1 AND record_id = $2", damaged),
        ("DELETE FROM feed WHERE account_id = $1 AND record_id = $2", lost),
        ("DELETE FROM clients WHERE account_id = $1 AND id = $2", deleted),
    )
    code, printed = await typed("feed", "verify", name)
    assert code == 1
    assert re.fullmatch(r"4 records differ from the feed\.\n[1-9]\d* tallies differ from it\.\n", printed)
    code, printed = await typed("feed", "rebuild", name)
    assert code == 0
    assert re.fullmatch(r"4 records were written anew\.\n[1-9]\d* tallies were counted anew\.\n", printed)
    assert await typed("feed", "verify", name) == (0, ALIKE)
    await copy.pull()
    assert copy.gone == [str(deleted)]
    last_names = {key: record["last_name"] for key, record in copy.records.items()}
    example = named("clients").fields["last_name"].example
    assert last_names == {str(changed): "Behind", str(damaged): example, str(lost): example}


async def test_figures_that_differ_from_the_records_are_found_and_counted_anew(
    typed: Typed, database: Database, house: FastAPI, http: httpx.AsyncClient
) -> None:
    studio = await new_studio(database, http, house.state.keys)
    name, bill, bill_id = studio.account.account_name, sample("invoices", lines=[], shipping=700), uuid4()
    await by_server(studio, Write("invoices", bill_id, bill))
    balanced = "0 invoices tell another balance than their payments come to.\n"
    alike = f"0 days come to something else.\n0 snapshots tell something else.\n{balanced}"
    assert await typed("finances", "verify", name) == (0, alike)
    await studio.execute("UPDATE finance_days SET owed = owed + 1 WHERE account_id = $1 AND owed <> 0")
    code, printed = await typed("finances", "verify", name)
    assert (code, printed) == (
        1,
        f"1 days come to something else.\n1 snapshots tell something else.\n{balanced}",
    )
    code, printed = await typed("finances", "rebuild", name)
    anew = "0 snapshots were written anew.\n0 invoices were balanced anew.\n"
    assert (code, printed) == (0, f"1 days came to something else.\n{anew}")
    assert await typed("finances", "verify", name) == (0, alike)
    await by_server(studio, Write("invoices", bill_id, {"paid": 200}))
    code, printed = await typed("finances", "verify", name)
    assert (code, "1 invoices tell another balance" in printed) == (1, True)
    code, printed = await typed("finances", "rebuild", name)
    assert (code, "1 invoices were balanced anew." in printed) == (0, True)
    assert await typed("finances", "verify", name) == (0, alike)
    assert await typed("feed", "verify", name) == (0, ALIKE)
    assert await typed("finances", "verify", "nobody-s") == (1, "There is no account nobody-s.\n")


async def test_a_client_list_that_differs_from_the_clients_is_found_and_written_anew(
    typed: Typed, database: Database, house: FastAPI, http: httpx.AsyncClient
) -> None:
    studio = await new_studio(database, http, house.state.keys)
    name, clients = studio.account.account_name, [uuid4() for _ in range(4)]
    await by_server(studio, *(Write("clients", each, sample("clients")) for each in clients))
    alike = (
        "0 clients are listed otherwise than they should be.\n0 words find other clients than they should.\n"
    )
    assert await typed("clients", "verify", name) == (0, alike)
    renamed, lost, gone, unfound = clients
    for statement, client in (
        ("UPDATE clients SET last_name = 'Behind' WHERE account_id = $1 AND id = $2", renamed),
        ("DELETE FROM client_list_entries WHERE account_id = $1 AND client_id = $2", lost),
        ("DELETE FROM clients WHERE account_id = $1 AND id = $2", gone),
        ("DELETE FROM client_list_words WHERE account_id = $1 AND client_id = $2", unfound),
    ):
        await studio.execute(statement, client)
    code, printed = await typed("clients", "verify", name)
    assert code == 1
    assert printed.startswith("3 clients are listed otherwise than they should be.\n")
    code, printed = await typed("clients", "rebuild", name)
    assert code == 0
    assert printed.startswith("3 clients were listed anew.\n")
    assert await typed("clients", "verify", name) == (0, alike)
    assert await typed("clients", "verify", "nobody-s") == (1, "There is no account nobody-s.\n")


_DAMAGED = "convert_to(replace(convert_from(body, 'UTF8'), 'Hartley', 'Nobody'), 'UTF8')"


async def _behind_its_back(owner_url: str, studio: Studio, *statements: tuple[str, UUID]) -> None:
    """Change rows as their owner, whom nothing but row-level security can stop."""
    account_id = studio.account.account_id
    connection: asyncpg.Connection[Any] = await asyncpg.connect(owner_url)
    try:
        await connection.execute("SELECT set_config('app.account', $1, false)", str(account_id))
        for statement, record_id in statements:
            assert (await connection.execute(statement, account_id, record_id)).endswith(" 1")
    finally:
        await connection.close()


async def test_a_feed_that_is_lost_altogether_makes_phones_start_again(
    typed: Typed, database: Database, house: FastAPI, http: httpx.AsyncClient
) -> None:
    studio = await new_studio(database, http, house.state.keys)
    phone = await signed_in(studio)
    copy = await phone.copy()
    before = {key: _content(record) for key, record in copy.records.items()}
    await studio.execute("DELETE FROM feed WHERE account_id = $1")
    code, printed = await typed("feed", "rebuild", studio.account.account_name)
    assert code == 0
    # One more than a photographer may view: the figures of the business.
    assert printed.startswith(f"{len(before) + 1} records were written anew.\n")
    answer = await http.post("/v1/sync/pull", json={"cursor": copy.cursor}, headers=phone.headers)
    assert (answer.status_code, answer.json()["code"]) == (410, "resync_required")
    again = await phone.copy()
    assert {key: _content(record) for key, record in again.records.items()} == before


def _content(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != "revision"}


async def test_what_nobody_needs_is_trimmed(
    typed: Typed, database: Database, house: FastAPI, http: httpx.AsyncClient
) -> None:
    studio = await new_studio(database, http, house.state.keys)
    phone = await signed_in(studio)
    tasks = [uuid4(), uuid4()]
    for task in tasks:
        await phone.must_push(change("create", "tasks", task, **sample("tasks")))
    await by_server(studio, Write.delete("tasks", tasks[0]))
    desk = await at_a_desk(studio)
    await desk.create(named("tasks"), sample("tasks"), idempotency_key="once")
    await studio.execute(
        "UPDATE idempotent_answers SET made_at = now() - interval '25 hours' WHERE account_id = $1"
    )
    name = studio.account.account_name
    code, printed = await typed("feed", "trim", name)
    assert code == 0
    forgotten = "1 deletions, 1 states of records, 1 verdicts and 1 kept answers were forgotten."
    assert f"{name}: {forgotten}" in printed
    assert await typed("feed", "trim", name) == (0, "Accounts looked through: 1.\n")
    assert (await typed("feed", "verify", name))[0] == 0
    assert (await typed("feed", "trim", "nobody-s"))[0] == 1


@pytest.mark.parametrize("words", [(), ("--served",)], ids=["before serving", "later"])
async def test_a_restored_backup_is_told_of(
    typed: Typed,
    database: Database,
    house: FastAPI,
    http: httpx.AsyncClient,
    words: tuple[str, ...],
) -> None:
    studio = await new_studio(database, http, house.state.keys)
    phone = await signed_in(studio)
    copy = await phone.copy()
    name = studio.account.account_name
    code, printed = await typed("feed", "restored", name, *words)
    assert (code, f"{name}: restored as it was at revision" in printed) == (0, True)
    answer = await http.post("/v1/sync/pull", json={"cursor": copy.cursor}, headers=phone.headers)
    told, mode = answer.json(), "replace" if words else "reconcile"
    assert (told["code"], told["reason"], told["mode"]) == ("resync_required", "server_restored", mode)


async def test_a_feed_that_is_as_new_as_the_app_is_left_alone(
    typed: Typed, database: Database, house: FastAPI, http: httpx.AsyncClient
) -> None:
    studio = await new_studio(database, http, house.state.keys)
    (before,) = await studio.execute("SELECT * FROM account_clock WHERE account_id = $1")
    code, printed = await typed("feed", "upgrade", studio.account.account_name)
    assert (code, printed) == (0, "Accounts at schema version 1: 1.\n")
    assert (await typed("feed", "upgrade"))[0] == 0
    assert await studio.execute("SELECT * FROM account_clock WHERE account_id = $1") == [before]
    assert await typed("feed", "upgrade", "nobody") == (1, "There is no account nobody.\n")


async def test_a_feed_that_is_older_than_the_app_is_upgraded(
    typed: Typed, database: Database, house: FastAPI, http: httpx.AsyncClient
) -> None:
    studio = await new_studio(database, http, house.state.keys)
    name, written = studio.account.account_name, "SELECT max(revision) FROM feed WHERE account_id = $1"
    before = await studio.execute(written)
    await studio.execute("UPDATE account_clock SET feed_schema = 0 WHERE account_id = $1")
    told = f"{name}: 0 records were rendered anew.\nAccounts at schema version 1: 1.\n"
    assert await typed("feed", "upgrade", name) == (0, told)
    assert await studio.execute(written) == before
    assert await typed("feed", "upgrade", name) == (0, "Accounts at schema version 1: 1.\n")


async def test_no_version_can_be_required_that_no_app_can_have(typed: Typed) -> None:
    told = "MINIMUM_SCHEMA_VERSION: The newest schema version is 1.\n"
    assert await typed("collections", MINIMUM_SCHEMA_VERSION="2") == (1, told)


async def test_an_account_that_is_not_there_is_told(typed: Typed) -> None:
    assert await typed("feed", "verify", "nobody") == (1, "There is no account nobody.\n")


async def test_migrate_brings_an_empty_database_up_to_date_and_then_does_nothing(
    typed: Typed, empty_database: str
) -> None:
    for _ in range(2):
        code, printed = await typed("migrate", DATABASE_URL=empty_database)
        assert (code, printed) == (0, "The database is up to date.\n")
    connection: asyncpg.Connection[Any] = await asyncpg.connect(empty_database)
    try:
        for collection in registry.collections():
            assert await connection.fetchval("SELECT to_regclass($1)::text", collection.name)
    finally:
        await connection.close()


async def test_the_document_is_checked(typed: Typed) -> None:
    assert await typed("openapi", "--check") == (0, "")


async def test_the_demo_studio_is_made_once_and_its_users_can_sign_in(
    typed: Typed, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    name = f"demo{uuid4().hex[:12]}"
    demo = ("demo", "--clients", "5", "--account", name)
    code, printed = await typed(*demo)
    known = json.loads((tmp_path / f"{name}.json").read_text())
    assert (code, known["account"], known["base_url"]) == (0, name, "http://127.0.0.1:8123")
    assert known["users"][0]["role"] == "administrator"
    for user in known["users"]:
        assert user["password"] in printed
        words = {"account": name, "initials": user["initials"], "password": user["password"]}
        assert (await http.post("/v1/auth/login", json=words)).status_code == 200
    assert await typed("feed", "verify", name) == (0, ALIKE)
    held = printed.partition(f"The account {name} has ")[2].split()[0]
    code, printed = await typed(*demo)
    assert (code, printed.count("\n"), "there already" in printed) == (1, 1, True)
    assert int(held) > 50
    assert json.loads((tmp_path / f"{name}.json").read_text()) == known


async def test_a_demo_that_cannot_be_made_is_told_in_a_sentence(typed: Typed) -> None:
    assert (await typed("demo", "--clients", "-5"))[0] == 2
    code, printed = await typed("demo", "--clients", "5", "--account", "no name")
    assert (code, printed.count("\n"), "field: account_name" in printed) == (1, 1, True)


async def test_a_trail_is_checked_and_the_entry_where_it_breaks_is_named(
    typed: Typed, studio: Studio, owner_url: str
) -> None:
    name, account_id = studio.account.account_name, studio.account.account_id
    for _ in range(3):
        await studio.signed_in(device=None)
    code, printed = await typed("account", "audit", name)
    noted = re.search(r"\d+:[0-9a-f]{64}", printed)
    assert (code, f"The trail of {name} holds." in printed) == (0, True)
    assert noted
    position = int(noted[0].partition(":")[0])
    await studio.signed_in(device=None)
    assert (await typed("account", "audit", name, "--noted", noted[0]))[0] == 0
    altered = "UPDATE audit_entries SET after = '{}' WHERE account_id = $1 AND position = $2"
    await as_owner(owner_url, altered, account_id, position - 1)
    code, printed = await typed("account", "audit", name)
    assert (code, f"broken at entry {position - 1};" in printed) == (1, True)


async def test_the_oldest_of_a_trail_is_forgotten_after_the_days_chosen(
    typed: Typed, studio: Studio, hold: Callable[[datetime], None]
) -> None:
    studio = await _fresh(studio)
    name = studio.account.account_name
    code, printed = await typed("account", "audit", name, "--forget")
    assert (code, "AUDIT_DAYS is not set" in printed) == (1, True)
    code, printed = await typed("account", "audit", name, "--forget", AUDIT_DAYS="30")
    assert (code, f"Entries of {name} forgotten: 0." in printed) == (0, True)
    early = (await typed("account", "audit", name))[1].split()[-1]
    await studio.signed_in(device=None)
    hold(now() + timedelta(days=31))
    last = await _last(studio)
    code, printed = await typed("account", "audit", name, "--forget", AUDIT_DAYS="30")
    assert (code, f"Entries of {name} forgotten: {last}." in printed) == (0, True)
    assert f"holds from entry {last + 1} on." in printed
    assert (await typed("account", "audit", name, "--noted", printed.split()[-1]))[0] == 0
    code, printed = await typed("account", "audit", name, "--noted", early)
    assert (code, "what was noted is forgotten" in printed) == (1, True)


async def test_a_trail_that_is_broken_is_not_forgotten(
    typed: Typed, studio: Studio, owner_url: str, hold: Callable[[datetime], None]
) -> None:
    studio = await _fresh(studio)
    name, account_id = studio.account.account_name, studio.account.account_id
    last = await _last(studio)
    hold(now() + timedelta(days=31))
    altered = "UPDATE audit_entries SET initials = 'XX' WHERE account_id = $1 AND position = $2"
    await as_owner(owner_url, altered, account_id, last - 1)
    code, printed = await typed("account", "audit", name, "--forget", AUDIT_DAYS="30")
    assert (code, f"broken at entry {last - 1};" in printed) == (1, True)
    assert await _last(studio) == last


async def _fresh(studio: Studio) -> Studio:
    """Make a studio whose trail no other test has broken."""
    return await new_studio(studio.database, studio.client, studio.keys)


async def _last(studio: Studio) -> int:
    sql = "SELECT max(position) AS last, count(*) FROM audit_entries WHERE account_id = $1"
    [row] = await studio.execute(sql)
    assert row["last"] == row["count"]
    return int(row["last"])


async def test_a_trail_that_is_shorter_than_noted_is_told(typed: Typed, studio: Studio) -> None:
    name = studio.account.account_name
    code, printed = await typed("account", "audit", name, "--noted", f"999:{'0' * 64}")
    assert (code, "is broken at entry" in printed) == (1, True)


async def test_a_trail_that_cannot_be_checked_is_told(typed: Typed, studio: Studio) -> None:
    code, printed = await typed("account", "audit", f"n{uuid4().hex}")
    assert (code, "There is no account" in printed) == (1, True)
    code, printed = await typed("account", "audit", studio.account.account_name, "--noted", "yesterday")
    assert (code, "What was noted is a number, a colon and a hash." in printed) == (1, True)
