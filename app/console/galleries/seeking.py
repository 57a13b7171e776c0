"""What is looked for on a page about galleries, as its address says it."""

from typing import TypeVar

from app.console import forms
from app.console.forms import Form, Unfilled
from app.console.visits import Visit
from app.http.forms import Fields

F = TypeVar("F", bound=Form)


def sought(visit: Visit, kind: type[F]) -> F:
    """Return what the address of a page asks for; where that is not to be read, what it is without."""
    given = visit.request.query_params.items()
    try:
        return forms.filled(kind, Fields({name: [value] for name, value in given}))
    except Unfilled:
        return kind()
