"""The figures of a process, served to Prometheus on a port of their own."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from threading import Thread
from wsgiref.simple_server import WSGIServer

from opentelemetry import metrics
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server

from app.core.settings import Settings


def measured(chosen: Settings, processes: int) -> AbstractContextManager[None]:
    """Expose the figures of this process, one of so many alike, where the operator wants them."""
    if chosen.metrics_port is None:
        return nullcontext()
    return exposed(chosen.metrics_host, chosen.metrics_port, processes)


@contextmanager
def exposed(host: str, port: int, processes: int) -> Iterator[None]:
    """Serve the figures of this process, on the first free port of one for each process.

    A port of its own: it asks for no token, and must not be open to whom the API is.
    """
    registry = CollectorRegistry()
    reader = PrometheusMetricReader(disable_target_info=True, scope_info_enabled=False, registry=registry)
    ProcessCollector(registry=registry)
    provider = _provider()
    provider.add_metric_reader(reader)
    server, thread = _served(host, range(port, port + processes), registry)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        provider.remove_metric_reader(reader)


def _provider() -> MeterProvider:
    """Return what keeps the figures: a process has one for ever, and they may be sent elsewhere too."""
    known = metrics.get_meter_provider()
    if isinstance(known, MeterProvider):
        return known
    provider = MeterProvider()
    metrics.set_meter_provider(provider)
    return provider


def _served(host: str, ports: range, registry: CollectorRegistry) -> tuple[WSGIServer, Thread]:
    for port in ports:
        with suppress(OSError):
            return start_http_server(port, host, registry)
    raise RuntimeError(f"METRICS_PORT: no port from {ports.start} to {ports.stop - 1} is free")
