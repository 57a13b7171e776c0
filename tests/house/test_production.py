"""What is unsafe is refused in production, all at once and by name, and secrets are read from files."""

import json
import socket
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from app.core.production import unsafe
from app.core.settings import Settings
from app.demo.sign_in import DemoUser, SignIn, write_sign_in
from tests.accounts.studios import PASSWORD
from tests.house.conftest import Typed

MUMPITZ = "postgresql://u:Mumpitz@db.studio.example/studio"


async def test_all_that_is_unsafe_is_refused_at_once_and_no_value_told(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "signing.pem").touch(0o600)
    (tmp_path / "keys" / "signing.pem").chmod(0o644)
    wrong = {
        "DATABASE_URL": MUMPITZ,
        "DEMO_CLIENTS": "5",
        "TRANSIT_SIMULATOR_URL": "http://127.0.0.1:8089",
        "TEXT_API_URL": "http://127.0.0.1:8090",
        "PUBLIC_URL": "http://studio.example",
    }
    code, printed = await typed("migrate", **wrong)
    assert (code, "Mumpitz" in printed) == (1, False)
    named = sorted(line.partition(":")[0] for line in printed.splitlines())
    assert named == sorted([*wrong, "DATA_DIR"])


async def test_a_wrong_setting_is_named_with_what_it_should_be(typed: Typed) -> None:
    code, printed = await typed("migrate", PUBLIC_URL="Mumpitz", MAIL_RELAY_FROM="Mumpitz", WORKERS="Mumpitz")
    assert (code, printed.splitlines()) == (
        1,
        [
            "WORKERS: Input should be a valid integer, unable to parse string as an integer.",
            "PUBLIC_URL: This is not such as https://studio.example.",
            "MAIL_RELAY_FROM: This is not such as letters@studio.example.",
        ],
    )
    code, printed = await typed(
        "migrate", DATABASE_URL="mysql://u:Mumpitz@h/d", MAIL_RELAY_URL="smtp://:Mumpitz"
    )
    assert (code, "Mumpitz" in printed) == (1, False)
    assert [line.partition(":")[0] for line in printed.splitlines()] == [
        "DATABASE_URL",
        "MAIL_RELAY_URL",
        "MAIL_RELAY_FROM",
    ]


@pytest.mark.parametrize("command", ["serve", "work"])
async def test_what_cannot_be_used_is_named_before_anything_begins(
    typed: Typed, tmp_path: Path, command: str
) -> None:
    (tmp_path / "weak").write_bytes(b"0" * 32)
    (tmp_path / "weak").chmod(0o400)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        wrong = {
            "CURSOR_KEY_FILE": str(tmp_path / "weak"),
            "VAULT_KEY_FILE": str(tmp_path / "nowhere"),
            "PICTURE_STORE_URL": "ftp://Mumpitz",
            "METRICS_PORT": str(taken.getsockname()[1]),
        }
        code, printed = await typed(command, PORT="0", **wrong)
    assert (code, [line.partition(" (")[0] for line in printed.splitlines()]) == (
        1,
        [
            "CURSOR_KEY_FILE: The cursor key must be at least 32 random bytes.",
            f"VAULT_KEY_FILE: The key file {tmp_path / 'nowhere'} cannot be read.",
            "PICTURE_STORE_URL: This is no store such as s3://bucket/folder.",
            "METRICS_HOST, METRICS_PORT: Address already in use",
        ],
    )


async def test_what_is_for_trying_is_welcome_in_development(typed: Typed) -> None:
    chosen = {
        "DEMO_CLIENTS": "5",
        "TEXT_API_URL": "http://127.0.0.1:8090",
        "PUBLIC_URL": "http://studio.example",
    }
    assert (await typed("migrate", ENVIRONMENT="development", **chosen))[0] == 0


@pytest.mark.parametrize(
    ("host", "safe"),
    [
        ("/studio", True),
        ("db/studio", True),
        ("127.0.0.1/studio", True),
        ("10.1.2.3:6432/studio", True),
        ("[fd00::7]/studio", True),
        ("/studio?host=/run/postgresql", True),
        ("/studio?host=10.1.2.3:5432,10.1.2.4:5432", True),
        ("db.studio.internal/studio", True),
        ("db.studio.example/studio?sslmode=require", True),
        ("db.studio.example/studio?sslmode=verify-full", True),
        ("db.studio.example/studio?ssl=true", True),
        ("db.studio.example/studio", False),
        ("db.studio.example/studio?sslmode=prefer", False),
        ("8.8.8.8/studio?sslmode=disable", False),
        ("[::ffff:8.8.8.8]/studio", False),
        ("/studio?host=10.1.2.3&host=8.8.8.8", False),
    ],
)
def test_a_database_out_in_the_world_is_spoken_to_in_secret(host: str, *, safe: bool, tmp_path: Path) -> None:
    chosen = Settings(listen_database_url=f"postgresql://u:p@{host}", data_dir=tmp_path)
    assert (unsafe(chosen, {}) == []) is safe


def test_there_is_a_demo_studio_in_development_alone() -> None:
    sizes = [Settings(environment=each).demo_size for each in ("development", "production")]
    assert sizes == [300, 0]
    assert Settings(environment="development", demo_clients=0).demo_size == 0


async def test_a_secret_is_read_from_its_file(typed: Typed, owner_url: str, tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text(f"{owner_url}\n")
    file.chmod(0o400)
    assert (await typed("migrate", DATABASE_URL="", DATABASE_URL_FILE=str(file)))[0] == 0
    missing = make_url(owner_url).set(database="nowhere").render_as_string(hide_password=False)
    file.chmod(0o600)
    file.write_text(missing)
    code, printed = await typed("migrate", DATABASE_URL="", DATABASE_URL_FILE=str(file))
    assert (code, printed) == (1, 'DATABASE_URL: database "nowhere" does not exist\n')


async def test_a_secret_in_two_places_or_in_none_is_refused(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    code, printed = await typed(
        "migrate",
        DATABASE_URL=MUMPITZ,
        DATABASE_URL_FILE=str(tmp_path / "url"),
        MAIL_RELAY_URL_FILE=str(tmp_path / "nowhere"),
        OPERATOR_KEY_HASH_FILE=str(tmp_path / "empty"),
    )
    assert (code, printed.splitlines()) == (
        1,
        [
            "DATABASE_URL: It is set beside DATABASE_URL_FILE.",
            "OPERATOR_KEY_HASH: The file OPERATOR_KEY_HASH_FILE names holds nothing, or is not read.",
            "MAIL_RELAY_URL: The file MAIL_RELAY_URL_FILE names holds nothing, or is not read.",
        ],
    )


async def test_a_secret_everybody_may_read_is_refused(typed: Typed, owner_url: str, tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text(owner_url)
    file.chmod(0o644)
    code, printed = await typed("migrate", DATABASE_URL="", DATABASE_URL_FILE=str(file))
    assert (code, printed) == (
        1,
        f"DATABASE_URL_FILE: Everybody on this machine may read {file}: chmod 400 it.\n",
    )


async def test_a_demo_studio_that_its_file_opens_is_not_served(
    typed: Typed, own_database: str, tmp_path: Path
) -> None:
    create = ("account", "create", "demo", "--company", "X", "--time-zone", "UTC", "--country", "US")
    who = ("--initials", "AB", "--first-name", "A", "--last-name", "B", "--password", PASSWORD)
    assert (await typed(*create, *who, DATABASE_URL=own_database))[0] == 0
    user = DemoUser("AB", PASSWORD, "administrator")
    path = write_sign_in(tmp_path, "http://127.0.0.1", SignIn("demo", [user]))
    for command in ("serve", "work"):
        code, printed = await typed(command, PORT="0", DATABASE_URL=own_database)
        assert (code, PASSWORD in printed, str(path) in printed) == (1, False, True)
        assert "python -m app account password demo AB" in printed
    assert json.loads(path.read_text())["account"] == "demo"
