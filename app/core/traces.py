"""What traces leave out: the query of an address, which has what somebody looked for, or a cursor."""

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider

_QUERY = "url.query"


class _WithoutQueries(SpanProcessor):
    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - the names are the SDK's
        """Take the query from a span that begins; an attribute cannot be taken away, only written over."""
        if span.attributes and _QUERY in span.attributes:
            span.set_attribute(_QUERY, "left out")


def leave_out_queries() -> None:
    """Have every span of this process go without, where traces are kept at all."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.add_span_processor(_WithoutQueries())
