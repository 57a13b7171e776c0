"""The two kinds of shape that go over the wire: what is sent to us, and what we answer."""

from functools import cache
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema, core_schema


class Wire(BaseModel):
    """What a client sends: unknown fields are refused and nothing is coerced."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Answer(BaseModel):
    """What we answer, also made from a row: every field is always there, and more may come in time."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class _FromJson:
    """Validates the bytes of a body as JSON, so that strict means what it means in JSON.

    Given Python objects, strict pydantic refuses an id, a date or an enumeration written as a string, which
    is the only way JSON can write them.
    """

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def parse(body: bytes, _: core_schema.ValidatorFunctionWrapHandler) -> Any:
            return _adapter(source).validate_json(body)

        return core_schema.no_info_wrap_validator_function(parse, handler(source))


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


T = TypeVar("T")
Sent = Annotated[T, _FromJson()]
"""The body of a request on a `JsonRoute`: `body: Sent[LoginRequest]`."""
