"""Pricing: what a cart comes to, reckoned here alone, by the rules an invoice's sums are worked out by."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field

from app.sync.fields import Line

MOST_TO_PAY = 10**11
"""The highest total of an order, in minor units; an invoice has room for more."""
MOST_OF_ONE = 999
"""How many of one product may stand in a line."""
MOST_IMAGES = 100
"""How many images a product may be made from."""
WHOLE_RATE = 100_000
"""A tax of as much again, in thousandths of a percent."""


class CartLine(BaseModel):
    """A line as it is kept in a cart: what is wanted, how many, and the numbers of the images."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: UUID
    product_id: UUID
    quantity: Annotated[int, Field(ge=1, le=MOST_OF_ONE)]
    images: Annotated[tuple[Line, ...], Field(max_length=MOST_IMAGES)]


@dataclass(frozen=True, slots=True)
class Product:
    """A product as it is offered: its price in minor units, its tax rate in thousandths of a percent."""

    id: UUID
    item: str
    name: str
    description: str
    price: int
    tax_rate: int
    is_shipped: bool
    images: int


class OrderLine(CartLine):
    """A line as it was priced and ordered; all amounts are in minor units."""

    item: str
    name: str
    unit_price: int
    tax_rate: int
    is_shipped: bool
    extended_price: int
    tax: int


@dataclass(frozen=True, slots=True)
class Sums:
    """What some lines come to."""

    subtotal: int
    shipping: int
    tax: int

    @property
    def total(self) -> int:
        """Return what is to be paid."""
        return self.subtotal + self.shipping + self.tax


def tax_on(amount: int, rate: int) -> int:
    """Return the tax on an amount, half a minor unit rounded up; shipping is not taxed."""
    return (amount * rate + WHOLE_RATE // 2) // WHOLE_RATE


def priced(line: CartLine, product: Product) -> OrderLine:
    """Return a line of a cart at what its product costs now."""
    extended = line.quantity * product.price
    return OrderLine(
        id=line.id,
        product_id=line.product_id,
        quantity=line.quantity,
        images=line.images,
        item=product.item,
        name=product.name,
        unit_price=product.price,
        tax_rate=product.tax_rate,
        is_shipped=product.is_shipped,
        extended_price=extended,
        tax=tax_on(extended, product.tax_rate),
    )


def summed(lines: Sequence[OrderLine], shipping: int) -> Sums:
    """Return what some lines come to; shipping is asked once, if anything is shipped."""
    return Sums(
        subtotal=sum(each.extended_price for each in lines),
        shipping=shipping if any(each.is_shipped for each in lines) else 0,
        tax=sum(each.tax for each in lines),
    )


def tag_of(lines: Sequence[OrderLine], sums: Sums) -> str:
    """Return a short text that is another whenever something else is ordered, or comes to something else."""
    told = [[each.model_dump(mode="json") for each in lines], sums.subtotal, sums.shipping, sums.tax]
    return sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]
