"""What texts are put in order by, and the index by which desks list clients."""

import sqlalchemy as sa

from alembic import op
from app.core.db import APP_ROLE
from app.core.migrations import concurrently

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_INDEX, _TABLE = "ix_clients_by_last_name", "clients"

# Letters without accents and capitals, then the text itself, for those that are alike without; cut, for an
# index and an address hold only so much. What is between the two sorts before anything a text may hold.
_TEXT_ORDER = r"""
CREATE OR REPLACE FUNCTION text_order(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN left(CASE
    WHEN octet_length(value) = length(value) THEN lower(value)
    ELSE replace(replace(replace(replace(translate(
        lower(regexp_replace(normalize(value, NFKD), '[\u0300-\u036f]', '', 'g')),
        'øđðłıħŧ', 'oddliht'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th')
    END, 200) || chr(1) || left(value, 200)
"""


def upgrade() -> None:
    op.execute(_TEXT_ORDER)
    op.execute(f"GRANT EXECUTE ON FUNCTION text_order(text) TO {APP_ROLE}")
    _build('(text_order(last_name) COLLATE "C")')


def downgrade() -> None:
    _build("last_name")
    op.execute("DROP FUNCTION text_order(text)")


def _build(by: str) -> None:
    """Put another index in the place of the one there is, which serves until then."""
    with concurrently():
        # One that was cut while it was built is there, and of no use.
        op.drop_index(f"{_INDEX}_new", _TABLE, if_exists=True, postgresql_concurrently=True)
        op.create_index(
            f"{_INDEX}_new",
            _TABLE,
            ["account_id", sa.text(by), "id"],
            postgresql_where=sa.text("last_name IS NOT NULL"),
            postgresql_concurrently=True,
        )
        op.drop_index(_INDEX, _TABLE, if_exists=True, postgresql_concurrently=True)
        op.execute(f"ALTER INDEX {_INDEX}_new RENAME TO {_INDEX}")
