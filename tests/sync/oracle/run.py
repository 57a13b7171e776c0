"""Telling histories: so many from one seed, and what they came to."""

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.sync.oracle.engine import Engine
from tests.sync.oracle.machine import Histories

STEPS = 30


def tell(engine: Engine, number: int, *, histories: int, explain: bool = True) -> None:
    """Tell histories from one seed; the first that fails is told again, as short as it can be made."""

    class Told(Histories):
        def __init__(self) -> None:
            super().__init__(engine)

    Told.__name__ = Histories.__name__
    run_state_machine_as_test(
        seed(number)(Told),
        settings=settings(
            max_examples=histories,
            stateful_step_count=STEPS,
            phases=(Phase.generate, Phase.shrink) if explain else (Phase.generate,),
            database=None,
            deadline=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
