"""Price lists, web orders and the data sync as they go over the wire."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from app.galleries.order_models import OrderState
from app.galleries.pricing import MOST_IMAGES, WHOLE_RATE
from app.http.schemas import Answer, Wire
from app.sync.fields import Line, Name

MOST_PRODUCTS = 500
"""How many products a price list may have."""
_ID = "8a2f4f0e-4b7e-4f43-9d0f-0c7b7f5b2a11"
_PRODUCT = "5d0b1c52-7f0e-4d1c-9b62-6f3c1a570001"
_AT = "2026-05-04T15:40:00Z"
_NUMBER = "W-7K3M-9QXD"
_VERSION = "Counts its changes; sent as `If-Match`."
_Price = Annotated[int, Field(ge=0, le=10**9)]


class ProductRequest(Wire):
    """A product of a price list."""

    id: UUID = Field(description="The product: its own in this list.", examples=[_PRODUCT])
    item: Name = Field(description="The item's code, as invoices have it.", examples=["PR-0810"])
    name: Name = Field(description="What clients see it called.", examples=["8x10 portrait print"])
    description: Line = Field("", description="What else they are told of it.", examples=["On lustre paper."])
    price: _Price = Field(description="The price of one, in minor units.", examples=[4500])
    tax_rate: Annotated[int, Field(ge=0, le=WHOLE_RATE)] = Field(
        0, description="The tax on it, in thousandths of a percent: 8875 is 8.875 %.", examples=[8875]
    )
    is_shipped: bool = Field(True, description="An order that has it is shipped.", examples=[True])
    images: Annotated[int, Field(ge=0, le=MOST_IMAGES)] = Field(
        1, description="How many images it is made from: just as many are chosen.", examples=[1]
    )
    is_active: bool = Field(True, description="It is offered.", examples=[True])


class PriceListRequest(Wire):
    """A price list, whole."""

    name: Name = Field(
        description="What it is called: sessions name it by this, in whatever case, as `web_price_list`.",
        examples=["Portraits online"],
    )
    shipping: _Price = Field(
        0, description="What shipping an order costs, once and without tax, in minor units.", examples=[995]
    )
    is_active: bool = Field(True, description="Galleries sell by it.", examples=[True])
    products: list[ProductRequest] = Field(
        max_length=MOST_PRODUCTS, description="All its products, in the order they are shown."
    )

    @field_validator("products")
    @classmethod
    def _each_once(cls, products: list[ProductRequest]) -> list[ProductRequest]:
        if len({each.id for each in products}) < len(products):
            raise PydanticCustomError("given_twice", "A product is named twice.")
        return products


class ProductAnswer(Answer):
    """A product of a price list."""

    id: UUID = Field(description="The product.", examples=[_PRODUCT])
    item: str = Field(description="The item's code, as invoices have it.", examples=["PR-0810"])
    name: str = Field(description="What clients see it called.", examples=["8x10 portrait print"])
    description: str = Field(description="What else they are told of it.", examples=["On lustre paper."])
    price: int = Field(description="The price of one, in minor units.", examples=[4500])
    tax_rate: int = Field(description="The tax on it, in thousandths of a percent.", examples=[8875])
    is_shipped: bool = Field(description="An order that has it is shipped.", examples=[True])
    images: int = Field(description="How many images it is made from.", examples=[1])
    is_active: bool = Field(description="It is offered.", examples=[True])


class PriceListEntry(Answer):
    """A price list, without its products."""

    id: UUID = Field(description="The price list.", examples=[_ID])
    version: int = Field(description=_VERSION, examples=[3])
    name: str = Field(description="What it is called.", examples=["Portraits online"])
    shipping: int = Field(description="What shipping an order costs, in minor units.", examples=[995])
    is_active: bool = Field(description="Galleries sell by it.", examples=[True])


class PriceListAnswer(PriceListEntry):
    """A price list with its products."""

    products: list[ProductAnswer] = Field(description="All its products, in the order they are shown.")


class PriceListsAnswer(Answer):
    """The price lists of the account."""

    price_lists: list[PriceListEntry] = Field(description="All of them, by name.")


class PaymentOption(StrEnum):
    """When an order is paid."""

    NOW = "now"
    LATER = "later"


class WebOrderLineAnswer(Answer):
    """A line of a web order, as it was priced; amounts are in minor units."""

    id: UUID = Field(description="The line, on the invoice too.", examples=[_ID])
    product_id: UUID = Field(description="The product, as long as its list has it.", examples=[_PRODUCT])
    item: str = Field(description="The item's code.", examples=["PR-0810"])
    name: str = Field(description="What it is.", examples=["8x10 portrait print"])
    images: list[str] = Field(description="The numbers of the images it is made from.", examples=[["0412"]])
    quantity: int = Field(description="How many.", examples=[2])
    unit_price: int = Field(description="The price of one.", examples=[4500])
    extended_price: int = Field(description="Quantity times price.", examples=[9000])
    tax: int = Field(description="The tax on the line.", examples=[799])


class WebOrderAnswer(Answer):
    """What a client has ordered in a gallery; amounts are in minor units."""

    id: UUID = Field(description="The order, and the invoice once it is downloaded.", examples=[_ID])
    web_order_number: str = Field(description="The client's confirmation number.", examples=[_NUMBER])
    state: OrderState = Field(
        description="`unpaid` while a card is being charged for it, `ready` to be downloaded, `held` for"
        " somebody to decide, `downloaded`, or `cancelled` as its payment was not approved.",
        examples=["ready"],
    )
    code: str | None = Field(
        description="Why it is held or cancelled, or what to know of its payment: a code of web orders.",
        examples=[None],
    )
    placed_at: datetime = Field(description="When it was ordered.", examples=[_AT])
    downloaded_at: datetime | None = Field(description="When it became an invoice.", examples=[None])
    client_id: UUID = Field(description="Whose invoice it becomes.", examples=[_ID])
    client_name: str = Field(description="Who ordered, as they were called then.", examples=["Laura Hartley"])
    session_id: UUID | None = Field(description="The session it is from.", examples=[_ID])
    payment: PaymentOption = Field(description="Whether it is paid now or later.", examples=["later"])
    payment_id: UUID | None = Field(description="The payment of one that is paid now.", examples=[None])
    subtotal: int = Field(description="The sum of the lines.", examples=[9000])
    shipping: int = Field(description="Shipping.", examples=[995])
    tax: int = Field(description="The tax of all lines.", examples=[799])
    total: int = Field(description="What it comes to.", examples=[10794])
    lines: list[WebOrderLineAnswer] = Field(description="What was ordered.")


class WebOrderPage(Answer):
    """Some web orders."""

    web_orders: list[WebOrderAnswer] = Field(description="The latest first.")
    next_page: UUID | None = Field(
        description="Sent as `page` for those before; none at the end.", examples=[None]
    )


class WebOrderTarget(Wire):
    """Whom an order is given to."""

    client_id: UUID = Field(description="The client.", examples=[_ID])
    session_id: UUID | None = Field(
        None, description="A session of theirs; left out, the invoice is of no session.", examples=[_ID]
    )


class DownloadRequest(Wire):
    """How one order is downloaded."""

    given_to: WebOrderTarget | None = Field(
        None, description="Whom a held order is given to first; left out, to whom it is now.", examples=[None]
    )


class DataSyncError(Answer):
    """One thing that did not go as it should."""

    code: str = Field(description="Why: a code of web orders.", examples=["client_unknown"])
    web_order_number: str | None = Field(description="The order it is about.", examples=[_NUMBER])


class DataSyncRunAnswer(Answer):
    """One run of the data sync, and what came of it."""

    id: UUID = Field(description="The run.", examples=[_ID])
    user_id: UUID | None = Field(
        description="Who asked for it; none for what was done by itself.", examples=[_ID]
    )
    began_at: datetime = Field(description="When it began.", examples=[_AT])
    ended_at: datetime = Field(description="When it ended.", examples=[_AT])
    downloaded: int = Field(description="Orders that became invoices.", examples=[3])
    held: int = Field(description="Orders that were held.", examples=[0])
    uploaded: int = Field(description="Prepaid orders that went online.", examples=[1])
    remaining: int = Field(description="Orders that were ready at its end, for the next run.", examples=[0])
    errors: list[DataSyncError] = Field(description="What did not go as it should, as far as it is kept.")


class DataSyncLog(Answer):
    """What the data sync has done."""

    runs: list[DataSyncRunAnswer] = Field(description="The latest first.")


class AutomaticTaskRequest(Wire):
    """A task that is made by itself."""

    task_type_id: UUID | None = Field(None, description="The kind of task.", examples=[None])
    assigned_department_id: UUID | None = Field(
        None, description="The department that is to do it.", examples=[None]
    )
    assigned_user_id: UUID | None = Field(None, description="The person who is to do it.", examples=[None])
    due_days: Annotated[int, Field(ge=0, le=365)] = Field(
        0, description="Within how many business days it is due: 0 is on the same day.", examples=[2]
    )


class GalleryTasksRequest(Wire):
    """For what tasks are made by themselves; none for what has none."""

    web_order: AutomaticTaskRequest | None = Field(description="For each web order that becomes an invoice.")
    yearbook_choice: AutomaticTaskRequest | None = Field(
        description="For a session whose client has chosen all images the yearbook asks for."
    )
    prepaid_choice: AutomaticTaskRequest | None = Field(
        description="For a prepaid order once its client has chosen images for all of it."
    )


class AutomaticTask(Answer):
    """A task that is made by itself."""

    task_type_id: UUID | None = Field(description="The kind of task.", examples=[None])
    assigned_department_id: UUID | None = Field(
        description="The department that is to do it.", examples=[None]
    )
    assigned_user_id: UUID | None = Field(description="The person who is to do it.", examples=[None])
    due_days: int = Field(description="Within how many business days it is due.", examples=[2])


class GalleryTasks(Answer):
    """For what tasks are made by themselves; none for what has none."""

    web_order: AutomaticTask | None = Field(description="For each web order that becomes an invoice.")
    yearbook_choice: AutomaticTask | None = Field(
        description="For a session whose client has chosen all images the yearbook asks for."
    )
    prepaid_choice: AutomaticTask | None = Field(
        description="For a prepaid order once its client has chosen images for all of it."
    )
