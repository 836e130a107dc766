"""Reads the receivers of the secrets file: the tables `[delivery.NAME]`.

No key and no address appears in an error text.
"""

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from model.calendar import HOUR_MS
from model.messages.outgoing import ALERT_KINDS, ALERTS, MAIL, Receiver, ReceiverKind

# Channels of the outbox that are something else.
_TAKEN = frozenset({MAIL, ALERTS, "facts", "derived"})
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_FORMS = ("json", "fhir")
_LONGEST_HOURS = 30 * 24
# A person's preference names these two channels, so the receiver has the name of its kind.
_SINGLE = frozenset({ReceiverKind.SMS, ReceiverKind.NUDGE})
_SIGNED = frozenset({ReceiverKind.SMS, ReceiverKind.NUDGE, ReceiverKind.WEBHOOK})
_WORDS: Mapping[str, tuple[type, Any]] = {
    "kind": (str, ""),
    "url": (str, ""),
    "keys": (list, []),
    "token": (str, ""),
    "form": (str, "json"),
    "units": (list, []),
    "internal": (bool, False),
    "give_up_hours": (int, 72),
}


class ReceiverError(ValueError):
    """A table of a receiver is malformed; the text names the table, and what it must be."""


def receivers_of(value: object) -> tuple[Receiver, ...]:
    """Return the receivers of the table `delivery`, in its order; raises `ReceiverError`."""
    if not isinstance(value, dict):
        raise ReceiverError("delivery: must be tables [delivery.NAME]")
    return tuple(_receiver(name, row) for name, row in value.items())


def _receiver(name: str, row: object) -> Receiver:
    values = _values(name, row)
    for wanted, holds in _CHECKS.items():
        if not holds(name, values):
            raise ReceiverError(f"[delivery.{name}]: {wanted}")
    return Receiver(
        name=name,
        kind=ReceiverKind(values["kind"]),
        url=values["url"],
        keys=tuple(values["keys"]),
        token=values["token"],
        form=values["form"],
        units=tuple(values["units"]),
        is_internal=values["internal"],
        give_up_ms=values["give_up_hours"] * HOUR_MS,
    )


def _values(name: str, row: object) -> dict[str, Any]:
    """Return a table with its defaults; the kind is the table's name unless it is stated."""
    given = row if isinstance(row, dict) else {}
    unknown = sorted(given.keys() - _WORDS.keys())
    if unknown:
        raise ReceiverError(f"[delivery.{name}]: {', '.join(unknown)} is not known")
    values: dict[str, Any] = {}
    for word, (kind, usual) in _WORDS.items():
        values[word] = given.get(word, usual)
        # in Python a truth value is a whole number as well
        if type(values[word]) is not kind:
            raise ReceiverError(f"[delivery.{name}]: {word} has the wrong type")
    return {**values, "kind": values["kind"] or name}


def _has_plain_name(name: str, _values: Mapping[str, Any]) -> bool:
    return bool(_NAME.fullmatch(name)) and name not in _TAKEN


def _has_kind(_name: str, values: Mapping[str, Any]) -> bool:
    return values["kind"] in set(ReceiverKind)


def _is_named_by_kind(name: str, values: Mapping[str, Any]) -> bool:
    kind: str = values["kind"]
    return name == kind or not _SINGLE & {name, kind}


def _has_address(_name: str, values: Mapping[str, Any]) -> bool:
    url: str = values["url"]
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    is_plain_text = url.isascii() and url.isprintable() and not set(' "<>\\^`{|}') & set(url)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    has_host = bool(parts.hostname) and "@" not in parts.netloc and port != 0
    return is_plain_text and is_safe and has_host and not parts.fragment


def _has_keys(_name: str, values: Mapping[str, Any]) -> bool:
    keys = values["keys"]
    return all(map(_is_key, keys)) and (bool(keys) or values["kind"] not in _SIGNED)


def _is_key(key: object) -> bool:
    """Return whether a text is base64 of at least 24 bytes, with or without `whsec_`."""
    if not isinstance(key, str):
        return False
    try:
        return len(base64.b64decode(key.removeprefix("whsec_"), validate=True)) >= _LEAST_KEY
    except ValueError:
        return False


def _has_token(_name: str, values: Mapping[str, Any]) -> bool:
    token: str = values["token"]
    return token.isascii() and token.isprintable() and " " not in token


def _has_form(_name: str, values: Mapping[str, Any]) -> bool:
    return values["form"] in _FORMS and (values["form"] == "json" or values["kind"] not in _SINGLE)


def _has_units(_name: str, values: Mapping[str, Any]) -> bool:
    units: list[object] = values["units"]
    named = all(isinstance(unit, str) and unit for unit in units)
    return named and (not units or values["kind"] in ALERT_KINDS)


def _has_patience(_name: str, values: Mapping[str, Any]) -> bool:
    hours: int = values["give_up_hours"]
    return 1 <= hours <= _LONGEST_HOURS


_LEAST_KEY = 24
# What must hold, in this order, and the words for whoever wrote something else.
_CHECKS: Mapping[str, Callable[[str, Mapping[str, Any]], bool]] = {
    "the name must be small letters, digits, - and _, and no channel of our own": (_has_plain_name),
    f"kind must be one of {', '.join(ReceiverKind)}": _has_kind,
    "only one receiver takes texts and one takes nudges: it is named as its kind": (
        _is_named_by_kind
    ),
    "url is https://HOST/PATH, or http:// on 127.0.0.1 or ::1 for tests": _has_address,
    "keys = [...] must be base64 of 24 bytes at least": _has_keys,
    "token is a text without spaces": _has_token,
    f"form is {' or '.join(_FORMS)}": _has_form,
    "units are names of care units, for a receiver of alerts": _has_units,
    f"give_up_hours is from 1 to {_LONGEST_HOURS}": _has_patience,
}
