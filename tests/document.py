"""The API document as it is committed, which `tests/house/test_document.py` holds against the code."""

from pathlib import Path
from typing import Any

import orjson

DOCUMENT: dict[str, Any] = orjson.loads(
    (Path(__file__).resolve().parents[1] / "openapi" / "openapi.json").read_bytes()
)
