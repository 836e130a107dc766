"""What gets into a log line, and what never does."""

import logging
import sys
from collections.abc import Iterator
from typing import NoReturn

import pytest
from fastapi import FastAPI

from runtime.log_lines import FIELDS, describe, drop_unlisted, get_logger, line_formatter
from web.server import Serving, server

_PERSON = "Ada Lovelace, 171 bpm"
LIBRARY = "aiokafka.conn"


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """Give the lines that a process would write, without their times."""
    handler, root = _Lines(), logging.getLogger()
    formatter = line_formatter()
    formatter._style._fmt = formatter._fmt = "%(levelname)s %(name)s: %(message)s"
    handler.setFormatter(formatter)
    root.addHandler(handler)
    yield handler.lines
    root.removeHandler(handler)


def _fail() -> NoReturn:
    raise ValueError(_PERSON)


def test_a_line_is_an_event_and_its_fields(lines: list[str]) -> None:
    log = get_logger("stream.here")
    log.warning("it is away", topic="kadens.raw", partition=3, error="KafkaError")
    log.error("it ended", reason='a "long"\nreason', offset=None)
    assert lines == [
        "WARNING stream.here: it is away topic=kadens.raw partition=3 error=KafkaError",
        'ERROR stream.here: it ended reason="a \\"long\\"\\nreason"',
    ]


def test_a_field_that_is_not_listed_is_dropped_and_counted(lines: list[str]) -> None:
    get_logger("stream.here").warning("stored", patient=_PERSON, bpm=171, topic="kadens.raw")
    assert lines == ["WARNING stream.here: stored topic=kadens.raw dropped_fields=2"]


def test_it_is_dropped_where_no_process_has_set_up_its_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    get_logger("stream.here").warning("stored", **{_PERSON: 1})
    assert caplog.messages == ["stored dropped_fields=1"]


def test_an_object_in_a_listed_field_is_its_class() -> None:
    event = {"event": "it is away", "error": ValueError(_PERSON), "reason": [_PERSON]}
    assert drop_unlisted(None, "warning", event) == {
        "event": "it is away",
        "error": "ValueError",
        "reason": "list",
    }


def test_a_traceback_of_ours_becomes_lines_of_code(
    lines: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    try:
        _fail()
    except ValueError as error:
        description = describe(error)
        get_logger("stream.here").exception("it failed")
        get_logger("stream.here").warning("it failed", exc_info=True)
        get_logger("stream.here").warning("it failed", exc_info=error)
    assert lines == [
        f'{level} stream.here: it failed error="{description}"'
        for level in ("ERROR", "WARNING", "WARNING")
    ]
    # a process that has not set up its log would print the traceback
    assert not any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize(
    ("text", "values", "line"),
    [
        ("it stops", (), "it stops"),
        ("Topic %s: %d of %5.1f %%", (_PERSON, 171, 1.0), "Topic ...: ... of ... %"),
        ("%(who)s failed", ({"who": _PERSON},), "... failed"),
        (
            "no answer: %r",
            (OSError(111, _PERSON),),
            "no answer: ConnectionRefusedError ECONNREFUSED",
        ),
        ("crashed: %s", (ValueError(_PERSON),), "crashed: ValueError"),
        ("too few %s %s", (ValueError(_PERSON),), "too few ValueError ..."),
        (f"never retrieved\nexception={_PERSON}", (), "never retrieved"),
        (ValueError(_PERSON), (), "ValueError"),
    ],
)
def test_a_line_of_a_library_loses_its_values(
    text: object, values: tuple[object, ...], line: str
) -> None:
    record = logging.LogRecord(LIBRARY, logging.WARNING, "", 0, text, values, None)
    assert line_formatter().format(record).partition(f" WARNING {LIBRARY}: ")[2] == line


@pytest.mark.parametrize("name", ["uvicorn.error", "faust.agents", "mode", "asyncio"])
def test_a_traceback_of_a_library_becomes_lines_of_code(name: str) -> None:
    try:
        _fail()
    except ValueError as error:
        description = describe(error)
        record = logging.LogRecord(
            name, logging.ERROR, "", 0, "Exception in %r\n", (_PERSON,), sys.exc_info()
        )
    line = line_formatter().format(record)
    assert line.partition(" ")[2] == f'ERROR {name}: Exception in ... error="{description}"'
    assert description.startswith("ValueError at test_log_lines.py:")
    assert _PERSON not in line


def test_the_server_of_a_door_has_no_log_of_its_own() -> None:
    assert server(FastAPI(), Serving(host="127.0.0.1", port=0)).config.log_config is None


def test_an_extra_of_a_library_is_not_shown(lines: list[str]) -> None:
    logging.getLogger(LIBRARY).warning("retry", extra={"caused_by": _PERSON})
    assert lines == [f"WARNING {LIBRARY}: retry"]


def test_a_description_has_codes_and_causes() -> None:
    try:
        try:
            _fail()
        except ValueError as error:
            raise FileNotFoundError(2, _PERSON) from error
    except OSError as error:
        text = describe(error)
    assert text.startswith("FileNotFoundError ENOENT at test_log_lines.py:")
    assert ", caused by ValueError at test_log_lines.py:" in text
    assert _PERSON not in text


def test_no_listed_field_is_a_word_for_people_or_health() -> None:
    names = {"channel", "connector", "error", "host", "offset", "partition", "reason", "step"}
    assert names | {"topic"} == FIELDS
