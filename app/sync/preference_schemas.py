"""Preferences over the wire: shapes made from the declaration, which alone knows the keys."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, create_model
from pydantic_core import CoreSchema, core_schema

from app.http.schemas import Answer, Wire
from app.sync.preferences import registered

_USER = "6f1f2a54-7e0c-4c39-9b1e-0d9a53f2a7c1"
_RESYNC = "Start again without a cursor at the next sync, once; always false when read."


class PreferenceRequest(Wire):
    """Keys to set; a key that is not there stays as it is."""

    force_full_resync: bool = Field(False, description=_RESYNC, examples=[False])

    def own(self) -> dict[str, Any]:
        """Return the values that were sent, by key."""
        return {key: getattr(self, key) for key in self.model_fields_set - {"force_full_resync"}}


@cache
def company_request() -> type[PreferenceRequest]:
    """Return the shape of a change of the company's."""
    made: Any = create_model(
        "PreferencesRequest",
        __base__=PreferenceRequest,
        __doc__="Preferences to set; a key that is not there stays as it is.",
        **_fields(is_nullable=False, default_factory=_nothing),
    )
    return made


@cache
def device_request() -> type[PreferenceRequest]:
    """Return the shape of a change of a device's own."""
    made: Any = create_model(
        "DevicePreferencesRequest",
        __base__=PreferenceRequest,
        __doc__="A device's own preferences to set; null has the company's hold again.",
        **_fields(is_nullable=True, default_factory=_nothing),
    )
    return made


class EstimateRequest(Wire):
    """Ask how much a phone would hold: as things are, or if some preferences were others."""

    preferences: PreferenceRequest | None = None
    device_preferences: PreferenceRequest | None = None
    device_id: UUID | None = Field(
        None,
        description="The row of a device, a phone's own too; none for a new phone of the user who asks.",
        examples=[None],
    )


@cache
def estimate_request() -> type[EstimateRequest]:
    """Return the shape of what an estimate is asked for."""
    company: Any = company_request() | None
    device: Any = device_request() | None
    made: Any = create_model(
        "EstimateRequest",
        __base__=EstimateRequest,
        __doc__=EstimateRequest.__doc__,
        preferences=(
            company,
            Field(
                None,
                description="Keys the company might set; the others are as they are now.",
                examples=[{"sessions_past_days": 90}],
            ),
        ),
        device_preferences=(
            device,
            Field(
                None,
                description="Keys the device might set for itself; null has the company's hold.",
                examples=[None],
            ),
        ),
    )
    return made


@cache
def company_values() -> type[BaseModel]:
    """Return the shape of a whole set."""
    return create_model(
        "PreferenceValues",
        __base__=Answer,
        __doc__="Every preference.",
        **_fields(is_nullable=False),
        force_full_resync=(bool, Field(description=_RESYNC, examples=[False])),
    )


@cache
def device_values() -> type[BaseModel]:
    """Return the shape of a device's own."""
    return create_model(
        "DevicePreferenceValues",
        __base__=Answer,
        __doc__="Every preference as the device has set it; null where the company's holds.",
        **_fields(is_nullable=True),
        force_full_resync=(bool, Field(description=_RESYNC, examples=[False])),
    )


def _nothing() -> None:
    """Stand for a key that was not sent: a default would seem to say what it is then."""


def _fields(*, is_nullable: bool, **default: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for key, info in registered().model_fields.items():
        kind = info.rebuild_annotation()
        extra = info.json_schema_extra
        told = Field(description=info.description, examples=info.examples, json_schema_extra=extra, **default)
        fields[key] = (kind | None if is_nullable else kind, told)
    return fields


class _Made:
    """Has a body read, and a value described, by a shape made when it is first needed."""

    def __init__(self, shape: Callable[[], type[BaseModel]]) -> None:
        self.shape = shape

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        if source not in (PreferenceRequest, EstimateRequest):
            return handler(source)
        # A body, which comes as bytes known to be JSON: strict means what it means there.
        return core_schema.no_info_plain_validator_function(
            lambda body: self.shape().model_validate_json(body)
        )

    def __get_pydantic_json_schema__(self, _: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        shape = self.shape()
        name = f"{__name__}.{shape.__name__}:{id(shape)}"
        # By reference, so that documents describe each shape once.
        named: Any = {**shape.__pydantic_core_schema__, "ref": name}
        return handler(core_schema.definitions_schema(core_schema.definition_reference_schema(name), [named]))


CompanyRequest = Annotated[PreferenceRequest, _Made(company_request)]
"""The body of a change of the company's preferences, on a `JsonRoute`."""
DeviceRequest = Annotated[PreferenceRequest, _Made(device_request)]
"""The body of a change of a device's own, on a `JsonRoute`."""
EstimateBody = Annotated[EstimateRequest, _Made(estimate_request)]
"""The body of a request for an estimate, on a `JsonRoute`."""
CompanyValues = Annotated[dict[str, Any], _Made(company_values)]
DeviceValues = Annotated[dict[str, Any], _Made(device_values)]


class _Versioned(Answer):
    version: int = Field(
        description="The scope version the last change made, for `If-Match`; 0 before the first.",
        examples=[3],
    )
    changed_at: datetime | None = Field(
        description="When they were last changed.", examples=["2026-05-04T09:30:00Z"]
    )
    changed_by: UUID | None = Field(
        description="The user who last changed them; none for the system.", examples=[_USER]
    )


class PreferencesAnswer(_Versioned):
    """What the company prefers its devices to hold."""

    values: CompanyValues = Field(description="Every preference.")


class DevicePreferencesAnswer(_Versioned):
    """What one device has set for itself, and what that comes to."""

    values: DeviceValues = Field(description="What the device has set; null where the company's holds.")
    effective: CompanyValues = Field(description="What holds on the device: of each the narrower.")
