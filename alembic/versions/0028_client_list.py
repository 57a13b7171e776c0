"""What the client list is found by: where each client stands in it, and the words of their names."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from app.core.migrations import protect
from app.studio.client_list.words import place_of, words_of  # as the app will go on, not as it once was

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_TABLES = "client_list_words", "client_list_entries"
_PAGE = 2000
_ACCOUNTS = sa.text("SELECT account_id FROM account_directory")
_IN_ACCOUNT = sa.text("SELECT set_config('app.account', :account, false)")
_ORGANIZATIONS = sa.text("SELECT id, name FROM organizations WHERE account_id = CAST(:account AS uuid)")
_CLIENTS = sa.text("""
    SELECT id, first_name, last_name, company_name, client_number, status_id, organization_id FROM clients
    WHERE account_id = CAST(:account AS uuid) AND id > CAST(:after AS uuid)
    ORDER BY id LIMIT :most
""")
_KEEP = sa.text("""
    WITH made AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(CAST(CAST(:made AS text) AS jsonb))
            AS made(client_id uuid, place text, words jsonb, status_id uuid, organization_id uuid)
    ), said AS (
        INSERT INTO client_list_words (account_id, word, client_id)
        SELECT CAST(:account AS uuid), word, client_id
        FROM made CROSS JOIN LATERAL jsonb_array_elements_text(words) AS said(word)
    )
    INSERT INTO client_list_entries (account_id, client_id, place, words, status_id, organization_id)
    SELECT CAST(:account AS uuid), client_id, place,
        (SELECT coalesce(string_agg(' ' || word, '' ORDER BY nth), '')
         FROM jsonb_array_elements_text(words) WITH ORDINALITY AS said(word, nth)),
        status_id, organization_id
    FROM made
""")


def upgrade() -> None:
    for table in _TABLES:
        # A run that was cut among the accounts has left them, and clients may have changed since.
        op.drop_table(table, if_exists=True)
    op.create_table(
        "client_list_entries",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.String(collation="C"), nullable=False),
        sa.Column("words", sa.String(collation="C"), nullable=False),
        sa.Column("status_id", sa.Uuid(), nullable=True),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "client_id", name=op.f("pk_client_list_entries")),
    )
    op.create_index(
        "ix_client_list_entries_place", "client_list_entries", ["account_id", "place", "client_id"]
    )
    op.create_table(
        "client_list_words",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("word", sa.String(collation="C"), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "word", "client_id", name=op.f("pk_client_list_words")),
    )
    for table in _TABLES:
        protect(table)
    _list_all()


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)


def _list_all() -> None:
    """List the clients who are there, page by page: each is read and written at once, and nobody waits."""
    with op.get_context().autocommit_block():
        bind = op.get_bind()
        for account in map(str, bind.scalars(_ACCOUNTS).all()):
            bind.execute(_IN_ACCOUNT, {"account": account})
            names = {row.id: row.name for row in bind.execute(_ORGANIZATIONS, {"account": account})}
            for page in _pages(bind, account):
                made = json.dumps([_entry(row, names.get(row.organization_id)) for row in page])
                bind.execute(_KEEP, {"account": account, "made": made})
        bind.execute(_IN_ACCOUNT, {"account": ""})


def _pages(bind: sa.Connection, account: str) -> Iterator[list[Any]]:
    after = UUID(int=0)
    while page := bind.execute(_CLIENTS, {"account": account, "after": str(after), "most": _PAGE}).all():
        yield list(page)
        after = page[-1].id


def _entry(row: Any, organization: str | None) -> dict[str, Any]:
    number = None if row.client_number is None else str(row.client_number)
    name = row.last_name or row.first_name or row.company_name or organization
    named = None if row.company_name else row.organization_id
    return {
        "client_id": str(row.id),
        "place": place_of(name, row.first_name, row.company_name),
        "words": words_of((row.first_name, row.last_name, row.company_name, number)),
        "status_id": row.status_id and str(row.status_id),
        "organization_id": named and str(named),
    }
