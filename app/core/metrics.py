"""What is measured; nothing is kept until an OpenTelemetry provider is set, such as the one of `exposition`.

No label names an account, a device or a record: each label has a few values that are known beforehand.
"""

from collections.abc import Callable, Iterable
from weakref import WeakSet

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Observation
from sqlalchemy.pool import Pool, QueuePool

_MOMENTS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_HOUR, _DAY = 3_600, 86_400
_WORKS = (0.1, 1, 10, 60, 300, 900, _HOUR)
_SPELLS = (10, 60, 300, 900, _HOUR, 6 * _HOUR, _DAY, 3 * _DAY, 7 * _DAY, 30 * _DAY, 90 * _DAY, 180 * _DAY)
_SIZES = (1_000, 10_000, 100_000, 1_000_000, 8_000_000)
_STEPS = (0, 1, 10, 100, 1_000, 10_000, 100_000)

_meter = metrics.get_meter("studio")
_pools: "WeakSet[Pool]" = WeakSet()
_jobs_last_done: dict[str, float] = {}

admission_wait = _meter.create_histogram(
    "studio.admission.wait",
    unit="s",
    description="How long requests waited that could not go on at once, for what, and what came of it.",
    explicit_bucket_boundaries_advisory=_MOMENTS,
)
lock_wait = _meter.create_histogram(
    "studio.lock.wait",
    unit="s",
    description="How long writers waited in the database for the account's clock, the trip included.",
    explicit_bucket_boundaries_advisory=_MOMENTS,
)
page_duration = _meter.create_histogram(
    "studio.page.duration",
    unit="s",
    description="How long a page of a pull took to make, once it was known who asks.",
    explicit_bucket_boundaries_advisory=_MOMENTS,
)
page_size = _meter.create_histogram(
    "studio.page.size",
    unit="By",
    description="How large the pages of pulls are.",
    explicit_bucket_boundaries_advisory=_SIZES,
)
sync_lag = _meter.create_histogram(
    "studio.sync.lag",
    unit="s",
    description="When a device has completed a sync: how long ago it had completed the one before.",
    explicit_bucket_boundaries_advisory=_SPELLS,
)
sync_behind = _meter.create_histogram(
    "studio.sync.behind",
    unit="{revision}",
    description="How many revisions its account was ahead of a device that began to pull.",
    explicit_bucket_boundaries_advisory=_STEPS,
)
queue_age = _meter.create_histogram(
    "studio.push.queue_age",
    unit="s",
    description="How old the oldest new change of a push was by the device's clock.",
    explicit_bucket_boundaries_advisory=_SPELLS,
)
job_duration = _meter.create_histogram(
    "studio.job.duration",
    unit="s",
    description="How long what is done by itself took, by job, and what came of it.",
    explicit_bucket_boundaries_advisory=_WORKS,
)
forgotten = _meter.create_counter(
    "studio.forgotten",
    unit="{row}",
    description="Rows that were taken away by what is done by itself, by job.",
)
verdicts = _meter.create_counter(
    "studio.verdicts", unit="{change}", description="Changes taken in, by their verdict and its code."
)
replica_reads = _meter.create_counter(
    "studio.replica.reads",
    unit="{page}",
    description="Pages that were to be read at the replica; only those served did not go to the primary.",
)
refusals = _meter.create_counter(
    "studio.refusals",
    unit="{request}",
    description="Requests refused, by code and reason, if it has one.",
)
live_streams = _meter.create_up_down_counter(
    "studio.live.streams", unit="{stream}", description="Streams and waits that are open."
)


def _connections(_: CallbackOptions) -> Iterable[Observation]:
    used = sum(pool.checkedout() for pool in list(_pools) if isinstance(pool, QueuePool))
    return [Observation(used)]


_meter.create_observable_gauge(
    "studio.connections.used", callbacks=[_connections], description="Database connections at work."
)


def watch(pool: Pool) -> None:
    """Count the connections of a pool for as long as it is there."""
    _pools.add(pool)


def _last_done(_: CallbackOptions) -> Iterable[Observation]:
    return [Observation(at, {"job": job}) for job, at in list(_jobs_last_done.items())]


_meter.create_observable_gauge(
    "studio.job.last_done.timestamp",
    unit="s",
    callbacks=[_last_done],
    description="When each job was last done, told by the process that leads.",
)


def note_job_done(job: str, at: float) -> None:
    """Tell from now on that a job was last done at an instant, in seconds since 1970."""
    _jobs_last_done[job] = at


def forget_jobs() -> None:
    """Tell nothing of jobs any more: another process leads."""
    _jobs_last_done.clear()


class _Watched:
    """What the process stands on, as it was last found; what was never found is not told."""

    def __init__(self) -> None:
        self._found: dict[str, float] = {}

    def note(self, name: str, value: float) -> None:
        """Tell from now on what was found."""
        self._found[name] = value

    def of(self, name: str) -> Callable[[CallbackOptions], Iterable[Observation]]:
        """Return what tells one of them."""
        return lambda _: [Observation(self._found[name])] if name in self._found else []


watched = _Watched()
_meter.create_observable_gauge(
    "studio.disk.free",
    unit="By",
    callbacks=[watched.of("disk_free")],
    description="How much room is left where DATA_DIR is.",
)
_meter.create_observable_gauge(
    "studio.clock.offset",
    unit="s",
    callbacks=[watched.of("clock_offset")],
    description="By how much the database's clock is ahead of the process's.",
)
_meter.create_observable_gauge(
    "studio.certificate.days",
    callbacks=[watched.of("certificate")],
    description="How many days the certificate is good for that the database shows.",
)
