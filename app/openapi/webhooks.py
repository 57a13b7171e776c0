"""The posts a webhook receives, as the document has them: one of each kind of event."""

from app.http.schemas import Answer
from app.openapi.records import REF, Schema
from app.webhooks.bodies import EventData, WebhookEventBody
from app.webhooks.kinds import Kind, kinds

BODY: type[Answer] = WebhookEventBody
PARAMETERS: Schema = {
    "webhook-id": {
        "name": "webhook-id",
        "in": "header",
        "required": True,
        "description": "The event: the same at each try and replay, so that it is worked on once.",
        "schema": {"type": "string", "format": "uuid"},
        "example": "019a6f5e-3b00-7000-8000-9d2c1b0a7e55",
    },
    "webhook-timestamp": {
        "name": "webhook-timestamp",
        "in": "header",
        "required": True,
        "description": "The second since 1970 of this try; refuse one that is minutes away from now.",
        "schema": {"type": "string"},
        "example": "1777887000",
    },
    "webhook-signature": {
        "name": "webhook-signature",
        "in": "header",
        "required": True,
        "description": "`v1,` and the HMAC-SHA256 of `{id}.{timestamp}.{body}` in Base64, one for each"
        " secret that counts, with a space between: one that fits is enough. What follows `whsec_` in a"
        " secret is the key in Base64.",
        "schema": {"type": "string"},
        "example": "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    },
}
RESPONSES: Schema = {
    "WebhookTaken": {"description": "It was taken; say so first, and work on it then."},
    "WebhookGone": {"description": "Nothing more is posted: the webhook is paused."},
    "WebhookBusy": {"description": "Nothing more is posted before `Retry-After`."},
}


def tell(made: Schema) -> None:
    """Add what is posted to webhooks to the document, whose schemas have the body already."""
    parts = made["components"]
    parts["parameters"] = {**parts.get("parameters", {}), **PARAMETERS}
    parts["responses"] = {**parts.get("responses", {}), **RESPONSES}
    made["webhooks"] = {each.name: {"post": _post(each)} for each in kinds().values()}


def _post(kind: Kind) -> Schema:
    return {
        "operationId": f"hear_{kind.name.replace('.', '_')}",
        "tags": ["webhooks"],
        "summary": kind.name,
        "description": kind.description,
        "security": [],
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in PARAMETERS],
        "requestBody": {
            "description": "The event: what has happened to what, and where to look.",
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": REF + BODY.__name__},
                    "example": _example(kind),
                }
            },
        },
        "responses": {
            "2XX": {"$ref": "#/components/responses/WebhookTaken"},
            "410": {"$ref": "#/components/responses/WebhookGone"},
            "429": {"$ref": "#/components/responses/WebhookBusy"},
        },
    }


def _example(kind: Kind) -> Schema:
    """Return such an event, about the record of the examples."""
    data = {name: field.examples[0] for name, field in EventData.model_fields.items() if field.examples}
    record = data["id"] if kind.data else None
    path = "web-orders" if kind.data == "web_orders" else kind.data
    is_read = record and not kind.name.endswith(".deleted")
    url = f"https://studio.example/v1/{path}/{record}" if is_read else None
    return {
        "type": kind.name,
        "timestamp": "2026-05-04T09:30:00Z",
        "data": {**data, "collection": kind.data, "id": record, "url": url},
    }
