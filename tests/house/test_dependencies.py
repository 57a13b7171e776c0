"""How routes get what they depend on."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from app.main import create_app


def calls(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    if dependant.call is not None:
        yield dependant.call
    for each in dependant.dependencies:
        yield from calls(each)


def test_nothing_a_request_depends_on_is_run_in_a_thread() -> None:
    """A plain function costs a hop to a thread and back; a handful of them is most of an idle pull."""
    slow = set()
    for context in iter_route_contexts(create_app().routes):
        route = context.route
        if isinstance(route, APIRoute):
            slow |= {
                call
                for call in calls(route.dependant)
                if not inspect.iscoroutinefunction(call)
                and not inspect.isasyncgenfunction(call)
                and not inspect.iscoroutinefunction(getattr(call, "__call__", None))  # noqa: B004
            }
    assert slow == set()
