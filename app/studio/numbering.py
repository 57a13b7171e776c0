"""Running numbers, as people read them aloud over the telephone."""

from typing import Annotated

from pydantic import Field

Number = Annotated[int, Field(ge=1, le=10**9)]
"""A running number: digits only, unique in its account."""
