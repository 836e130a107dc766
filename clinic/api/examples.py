"""Examples of all JSON responses of the clinician door, with invented patients.

`python -m tests.clinic.examples` writes `examples.json` from the invented patients of the tests. A
test checks every example against the schema of its response.
"""

import json
from functools import lru_cache
from importlib.resources import files
from typing import Any


@lru_cache(maxsize=1)
def examples() -> dict[str, Any]:
    """Return the examples by operation, such as `get /api/v1/worklist`."""
    text = (files("clinic") / "api" / "examples.json").read_text(encoding="utf-8")
    held: dict[str, Any] = json.loads(text)
    return held


def add_examples(document: dict[str, Any]) -> dict[str, Any]:
    """Add the examples to an OpenAPI document, and return it."""
    for operation, example in examples().items():
        method, path = operation.split(" ")
        response = document["paths"][path][method]["responses"]["200"]
        response["content"]["application/json"]["example"] = example
    return document
