"""An invoice told in a letter: its lines and what they come to."""

from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup, escape

from app.templates.formats import Block, Formats

MOST_LINES = 200
"""How many lines are told one by one."""
_SUMS = (
    ("Subtotal", "subtotal", 1),
    ("Discount", "discount", -1),
    ("Tax", "tax", 1),
    ("Shipping", "shipping", 1),
    ("Surcharge", "surcharge", 1),
    ("Total", "total", 1),
    ("Paid", "paid", -1),
    ("Balance due", "balance_due", 1),
)
_ALWAYS = {"total", "balance_due"}
_ROW = Markup('<tr><td>{}</td><td align="right">{}</td></tr>')
_TABLE = Markup('<table cellpadding="4">{}</table>')


def details(row: Mapping[str, Any], formats: Formats) -> Block:
    """Return the lines of an invoice and its sums, with the amounts as the company writes them."""
    lines = [*_lines(row, formats), *_sums(row, formats)]
    text = "\n".join(f"{what} {amount}".rstrip() for what, amount in lines)
    return Block(text, _TABLE.format(Markup().join(_ROW.format(escape(it), amount) for it, amount in lines)))


def _lines(row: Mapping[str, Any], formats: Formats) -> Iterator[tuple[str, str]]:
    sold = row["lines"] or []
    for line in sold[:MOST_LINES]:
        what = line["description"] or line["item"]
        many = line["quantity"]
        yield what if many == 1 else f"{many} x {what}", formats.amount(line["extended_price"])
    if len(sold) > MOST_LINES:
        yield f"and {len(sold) - MOST_LINES} more", ""


def _sums(row: Mapping[str, Any], formats: Formats) -> Iterator[tuple[str, str]]:
    for label, name, sign in _SUMS:
        if row[name] or name in _ALWAYS:
            yield label, formats.amount(sign * row[name])
