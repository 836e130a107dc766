"""JSON as some exports write it, with NaN in it. Pure."""

import json
from typing import Any

from model.errors import BodyError
from model.facts import RejectKind
from parsers.fields import check_width
from parsers.stated_once import members_once


def lenient_json(payload: bytes) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """Return a JSON value in which NaN, which some exports write, is null; else BodyError.

    A member with two different values is `TWICE`.
    """
    check_width(payload)
    try:
        return json.loads(
            payload.decode("utf-8-sig"),
            parse_constant=lambda _name: None,
            object_pairs_hook=members_once,
        )
    except UnicodeDecodeError as error:
        raise BodyError(f"@{error.start}", "not UTF-8") from error
    except RecursionError as error:
        raise BodyError("body", "nested too deeply", RejectKind.TOO_MUCH) from error
    except json.JSONDecodeError as error:
        raise BodyError(f"@{error.pos}", "not JSON") from error
    except ValueError as error:  # a whole number of more digits than Python converts
        raise BodyError("body", "not JSON that can be read") from error
