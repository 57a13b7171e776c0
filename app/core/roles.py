"""The role every session works as, the settings it works under, and how each connection is held to both."""

import logging
from collections.abc import Mapping

import asyncpg

log = logging.getLogger("studio.roles")

APP_ROLE = "studio_app"
"""The role every session works as: it owns nothing, so that row-level security holds."""

SESSION_SETTINGS = {
    "application_name": "studio",
    "timezone": "UTC",
    "jit": "off",
    # Small reads by index: workers only get in each other's way, and one index fits each shape of statement.
    "max_parallel_workers_per_gather": "0",
    # A plan for any account knows nothing of a large one: to sort looks as cheap as to go down an index.
    "enable_sort": "off",
    "plan_cache_mode": "force_generic_plan",
    "statement_timeout": "60s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "60s",
    # A backend whose client has gone lets go of the account's clock within this time.
    "client_connection_check_interval": "2s",
}
"""What every session works under, unless the URL says otherwise."""

_DISTRIBUTED = {"plan_cache_mode": "auto"}
"""Which node is asked goes by the account, and a plan for any account knows of none."""

FOLLOWED = frozenset({"application_name", "timezone"})
"""Those of them that PgBouncer takes from each client, and gives to whichever connection it lends it."""

_FREE = frozenset({"application_name"})
"""Nothing goes by it, and a pooler may put an address behind it."""

# The server itself brings what is wanted into its own spelling; the setting ends with this statement.
_WHO = """
SELECT current_user::text AS role, session_user::text AS login,
    (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = session_user) AS may_pass_by,
    row_security_active(to_regclass('account_clock')::oid) AS is_held,
    ARRAY(
        SELECT name
        FROM (
            SELECT name, current_setting(name) AS found, set_config(name, value, true) AS wanted
            FROM unnest($1::text[], $2::text[]) AS setting (name, value)
        ) AS each
        WHERE found <> wanted
        ORDER BY name
    ) AS others
"""

_STANDS = """
SELECT current_database() AS place, rolsuper OR rolbypassrls AS may_pass_by, coalesce((
    SELECT setconfig FROM pg_db_role_setting
    WHERE setrole = role.oid
        AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
), '{}') AS settings
FROM pg_roles AS role
WHERE rolname = $1
"""

_POOLED = "Have `python -m app migrate` say how the role works, and the pooler connect anew (RECONNECT)."
_DIRECT = "Where a pooler stands in between, say so by DATABASE_POOLER."
_PASSES_BY = "{} may see past row-level security, as no login of a pooler may"


def settings_of(*, is_distributed: bool) -> dict[str, str]:
    """Return what every session works under on one node, or on many."""
    return SESSION_SETTINGS | (_DISTRIBUTED if is_distributed else {})


class WrongRole(ConnectionError):
    """A connection does not work as the app's role, or not under its settings: nothing is asked of it.

    It might see the rows of all accounts. Whatever is asked is refused until the operator has mended it.
    """


class Doorkeeper:
    """Asks each new connection who it is; what is wrong is logged once, until it is something else."""

    def __init__(self, wanted: Mapping[str, str], *, is_pooled: bool) -> None:
        """Say under which settings sessions work, and whether a pooler stands in between.

        A pooler may lend another connection tomorrow than the one that was asked, so its login must be one
        that row-level security holds for whatever role it works as.
        """
        self._wanted = {name: value for name, value in wanted.items() if name not in _FREE}
        self._is_pooled = is_pooled
        self._told: str | None = None

    async def ask(self, connection: "asyncpg.Connection[asyncpg.Record]", patience: float) -> None:
        """Refuse a connection by `WrongRole`, which says in two sentences what is wrong and what to do."""
        asked = [*self._wanted], [*self._wanted.values()]
        found = await connection.fetchrow(_WHO, *asked, timeout=patience)
        if found is None:
            raise WrongRole
        faults = self._faults(found)
        if not faults:
            self._told = None
            return
        sentence = f"{'; '.join(faults)}. {_POOLED if self._is_pooled else _DIRECT}"
        if sentence != self._told:
            self._told = sentence
            log.error("no connection is used: %s", sentence)
        raise WrongRole(sentence)

    def _faults(self, found: asyncpg.Record) -> list[str]:
        faults = []
        if found["role"] != APP_ROLE:
            faults.append(f"signed in as {found['login']} it works as {found['role']} and not as {APP_ROLE}")
        elif found["is_held"] is False:
            faults.append(f"row-level security does not hold for {APP_ROLE}")
        if self._is_pooled and found["may_pass_by"]:
            faults.append(_PASSES_BY.format(found["login"]))
        if found["others"]:
            faults.append(f"it works with another {', '.join(found['others'])}")
        return faults


async def settle(
    owner: "asyncpg.Connection[asyncpg.Record]", login: str, settings: Mapping[str, str]
) -> None:
    """Have a login work in this database as the app's role and under its settings, however it comes in.

    Whoever starts a session with settings of its own still gets those. Writes only what differs; who may not
    is told what a superuser has to say (`WrongRole`). A login that row-level security does not hold for is
    refused: a superuser would be made unable to look after the database.
    """
    wanted = {"role": APP_ROLE} | {name: settings[name] for name in settings.keys() - FOLLOWED}
    async with owner.transaction():
        await owner.execute("SELECT pg_advisory_xact_lock(hashtext('studio roles'))")
        found = await owner.fetchrow(_STANDS, login)
        if found is None:
            raise WrongRole(f"there is no role {login} in this database")
        if found["may_pass_by"]:
            raise WrongRole(_PASSES_BY.format(login))
        statements = [
            f"ALTER ROLE {_name(login)} IN DATABASE {_name(found['place'])} SET {name} = {_text(value)}"
            for name, value in sorted(wanted.items())
            if f"{name}={value}" not in found["settings"]
        ]
        said = "; ".join(statements)
        try:
            # Of a query without statements the driver knows no answer.
            if said:
                await owner.execute(said)
        except asyncpg.InsufficientPrivilegeError:
            raise WrongRole(f"nobody here may say how {login} works. As a superuser: {said}") from None


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
