"""A record's body lies in one piece, ready to be passed on, and what previews its content beside it."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_LATE = range(5, 16)
"""The places in `parts` of what later schema versions added."""

_JOINED = " || ".join(
    ["core", "parts[1]", "parts[2]", "parts[3]", *(f"coalesce(parts[{place}], '')" for place in _LATE)]
)


def _part(place: int) -> str:
    """Return what lies behind all that is before it; `core` is the body by now, `parts` the preview."""
    before = " + ".join(f"sizes[{other}]" for other in range(1, place + 1) if other != 5)
    return f"substring(core FROM {before} + 1 FOR sizes[{place + 1}])"


_TAKEN_APART = " || ".join(
    [
        f"ARRAY[{_part(1)}, {_part(2)}, {_part(3)}, parts]",
        *(
            f"CASE WHEN cardinality(sizes) > {place} THEN ARRAY[{_part(place)}] ELSE '{{}}'::bytea[] END"
            for place in _LATE
        ),
    ]
)


# The table is written anew, in one pass: behind the walls of its accounts, and with no room lost to dead rows.
_REWRITE = "ALTER TABLE feed ALTER COLUMN core TYPE bytea USING {core}, ALTER COLUMN parts TYPE {parts}"


def upgrade() -> None:
    op.execute(_REWRITE.format(core=_JOINED, parts="bytea USING parts[4]"))
    op.alter_column("feed", "core", new_column_name="body")
    op.alter_column("feed", "parts", new_column_name="preview")


def downgrade() -> None:
    op.alter_column("feed", "body", new_column_name="core")
    op.alter_column("feed", "preview", new_column_name="parts")
    op.execute(
        _REWRITE.format(core="substring(core FOR sizes[1])", parts=f"bytea[] USING {_TAKEN_APART}")
    )
