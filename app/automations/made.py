"""What calls and tasks that are made are called, and who is to see to them."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.http.schemas import Wire
from app.sync.fields import Line


class Made(Wire):
    """What calls and tasks that are made are called, and who is to see to them; of all else the subject."""

    subject: Line | None = Field(
        None,
        description="What it is called, in words with fields as a template has them; none for the subject of"
        " the template.",
        examples=["Call [[ClientFirstName]] about the order"],
    )
    type_id: UUID | None = Field(None, description="The type of the call or task.", examples=[None])
    user_id: UUID | None = Field(None, description="Who is to call, or to do it.", examples=[None])
    department_id: UUID | None = Field(
        None, description="The department that is to call, or to do it.", examples=[None]
    )
    due_in_days: Annotated[int, Field(ge=0, le=365)] = Field(
        0, description="In how many days it is to be done; today without.", examples=[3]
    )
    priority: Annotated[int, Field(ge=1, le=10)] | None = Field(
        None, description="Of a task, from 1, most important, to 10.", examples=[None]
    )
