# ruff: noqa: ANN401 - JSON has no narrower type
"""Changes to a JSON payload: values, names, widths, depths, times; pure given the random source."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

Path = tuple[str | int, ...]

_VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        -0.0,
        0.5,
        1e-320,
        2**31,
        2**53,
        2**53 + 1,
        2**63,
        2**64,
        -(2**63),
        1e19,
    ),
    *(
        1e308,
        -1e308,
        1.7976931348623157e308,
        5e-324,
        10**400,
        "",
        " ",
        "\x00",
        "a\x00b",
        "\u2028",
        "🚶" * 256,
    ),
    *(
        "x" * 257,
        "x" * 5000,
        [],
        {},
        [[]],
        {"": {}},
        "NaN",
        "1e400",
        "+14:00",
        "-14:01",
        "+23:59",
        "+18:00",
        "Z",
    ),
    *(
        "heart_rate",
        "steps",
        "count",
        "bpm",
        "s",
        "degF",
        "mg/dL",
        "session",
        "pain",
        "borg-6-20",
        "workout.created",
    ),
    *("series.steps", "report.withdrawn", "walking", True, 999_999_999, 9_007_199_254_740_991),
)
_TIMES = (
    *(
        "2099-12-31T23:59:59Z",
        "2099-12-31T23:59:59.999999999-14:00",
        "2100-01-01T00:00:00+14:00",
        "2000-01-01T00:00:00Z",
    ),
    *(
        "1999-12-31T23:59:59Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-02-30T00:00:00Z",
    ),
    *(
        "2026-09-21T24:00:00Z",
        "2026-09-21T23:59:60Z",
        "2026-09-21t14:13:20.5z",
        "2026-09-21 14:13:20+00:00",
    ),
    *(
        "2026-09-21T14:13:20+14:00",
        "2026-09-21T14:13:20-13:59",
        "2026-09-21T14:13:20+14:01",
        "2026-09-21T1::::::20Z",
    ),
    *(
        "2020-02-29T12:00:00Z",
        "2026-10-25T02:30:00+02:00",
        "٢٠٢٦-09-21T14:13:20Z",
        "2026-09-21T14:13:20",
    ),
)


def change_json(body: bytes, chance: Random) -> bytes:
    """Return the payload with one to six changes, now and then with changed raw bytes too."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return _bytes(body, chance)
    for _ in range(chance.randint(1, 6)):
        document = chance.choice(_CHANGES)(document, chance)
    written = json.dumps(document, ensure_ascii=chance.random() < 0.5, allow_nan=True).encode(
        "utf-8", "surrogatepass"
    )
    return _bytes(written, chance) if chance.random() < 0.1 else written


def _bytes(body: bytes, chance: Random) -> bytes:
    changed = bytearray(body or b"{}")
    for _ in range(chance.randint(1, 4)):
        changed[chance.randrange(len(changed))] = chance.choice(b'{}[],:"\\0e-+.9\x00\xff\xed ')
    return bytes(changed[: chance.randint(1, len(changed))] if chance.random() < 0.3 else changed)


def _paths(document: Any, at: Path = ()) -> list[Path]:
    paths = [at]
    items = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    for key, value in list(items)[:50]:
        paths += _paths(value, (*at, key)) if len(at) < 12 else []
    return paths


def _put(document: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return document


def _get(document: Any, path: Path) -> Any:
    for key in path:
        document = document[key]
    return document


def _value(document: Any, chance: Random) -> Any:
    return _put(
        document, chance.choice(_paths(document)), json.loads(json.dumps(chance.choice(_VALUES)))
    )


def _time(document: Any, chance: Random) -> Any:
    paths = [
        path
        for path in _paths(document)
        if path and ("time" in str(path[-1]) or str(path[-1]).endswith("_at"))
    ]
    return _put(document, chance.choice(paths), chance.choice(_TIMES)) if paths else document


def _number(document: Any, chance: Random) -> Any:
    paths = [path for path in _paths(document) if isinstance(_get(document, path), (int, float))]
    if not paths:
        return document
    path = chance.choice(paths)
    value = _get(document, path)
    return _put(
        document,
        path,
        chance.choice([-value, value * 1000 if abs(value) < 1e300 else 0, str(value), [value]]),
    )


def _drop(document: Any, chance: Random) -> Any:
    paths = list(filter(None, _paths(document)))
    if paths:
        path = chance.choice(paths)
        del _get(document, path[:-1])[path[-1]]
    return document


def _swap(document: Any, chance: Random) -> Any:
    """Replace a part of the document by another part of it."""
    paths = _paths(document)
    copied = json.loads(json.dumps(_get(document, chance.choice(paths))))
    return (
        _put(document, chance.choice(paths), copied)
        if len(json.dumps(document)) < 200_000
        else document
    )


def _widen(document: Any, chance: Random) -> Any:
    """Repeat the items of a list, each with another name here and there."""
    paths = [
        path
        for path in _paths(document)
        if isinstance(_get(document, path), list) and _get(document, path)
    ]
    if not paths or len(json.dumps(document)) > 100_000:
        return document
    path, times = chance.choice(paths), chance.choice([2, 10, 100, 300])
    many = [json.loads(json.dumps(item)) for item in _get(document, path) * times][:2_000]
    for n, item in enumerate(many):
        if isinstance(item, dict) and item and chance.random() < 0.5:
            key = chance.choice(sorted(item))
            item[key] = f"{item[key]}{n}"[:300] if isinstance(item[key], str) else item[key]
    return _put(document, path, many)


def _deepen(document: Any, chance: Random) -> Any:
    path = chance.choice(_paths(document))
    value = _get(document, path)
    for _ in range(chance.choice([1, 2, 40, 200])):
        value = [value] if chance.random() < 0.5 else {"data": value}
    return _put(document, path, value)


_CHANGES: tuple[Callable[[Any, Random], Any], ...] = (
    *(_value, _value, _value, _time, _time, _number, _drop, _swap, _widen, _deepen),
)
