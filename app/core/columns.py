"""The columns of a table, named: `*` of a table means another thing after the next migration.

A connection that has prepared such a statement refuses it from then on, and behind a pooler nothing prepares
it anew before the connection is made anew.
"""

from sqlmodel import SQLModel


def named(table: type[SQLModel], of: str = "") -> str:
    """Return all columns of a table in its order, each `of` the name that stands for it, if one does."""
    before = f"{of}." if of else ""
    return ", ".join(f'{before}"{name}"' for name in table.model_fields)
