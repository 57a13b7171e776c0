"""What traces leave out: the query of an address, what somebody looked for or a cursor, and card numbers."""

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider

from app.core import card_numbers

_QUERY = "url.query"


class _WithoutQueries(SpanProcessor):
    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - the names are the SDK's
        """Take the query from a span that begins; an attribute cannot be taken away, only written over."""
        for name, value in dict(span.attributes or {}).items():
            if name == _QUERY or (isinstance(value, str) and card_numbers.is_in(value)):
                span.set_attribute(name, "left out")


def leave_out_queries() -> None:
    """Have every span of this process go without, where traces are kept at all."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.add_span_processor(_WithoutQueries())


def under_way() -> dict[str, str]:
    """Return the ids of the trace and the span under way, by the names OpenTelemetry has for them in a log.

    None where no traces are kept, or not of this request.
    """
    found = trace.get_current_span().get_span_context()
    if not found.is_valid:
        return {}
    return {
        "trace_id": trace.format_trace_id(found.trace_id),
        "span_id": trace.format_span_id(found.span_id),
    }
