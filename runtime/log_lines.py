"""Log lines: an event and its fields, over the standard library's logging.

No health value and no identity may get into a line. A field that is not listed in `FIELDS` is
therefore dropped, and a line of a library loses the values that it was given. This holds whether or
not a process has set up its log: an error of ours is no reason to print a traceback, because texts
of errors quote the data they fail on.
"""

import errno
import logging
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import structlog
from structlog.processors import LogfmtRenderer
from structlog.stdlib import BoundLogger, ProcessorFormatter, filter_by_level
from structlog.typing import EventDict, WrappedLogger

# A value of these names is a word of ours, the name of a channel, a class of errors, the pinned
# host of a vendor or a coordinate of the log.
FIELDS = frozenset(
    {"channel", "connector", "error", "host", "offset", "partition", "reason", "step", "topic"}
)
DROPPED = "dropped_fields"
LINE_FORMAT, LINE_TIME = "%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S%z"
FRAMES = 6
_VEILED = "..."
# a conversion of the % operator, such as %s, %-8.2f or %(name)r
_CONVERSION = re.compile(r"%(?:\(\w+\))?[-#0 +]*(?:\*|\d+)?(?:\.(?:\*|\d+))?[hlL]?[a-zA-Z%]")
_as_fields = LogfmtRenderer()


def get_logger(name: str) -> BoundLogger:
    """Return the logger of a module, which writes under the module's name.

    Events are constant texts: what changes from line to line is a field.
    """
    # The processors belong to the logger, not to the process: nobody can forget to set them up.
    logger: BoundLogger = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[filter_by_level, describe_error, drop_unlisted, _to_logging],
        wrapper_class=BoundLogger,
        cache_logger_on_first_use=True,
    )
    return logger


def log_to_stderr() -> None:
    """Write the lines of this process, those of libraries too, to its standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(line_formatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    # else a line that cannot be written is shown with all its arguments
    logging.raiseExceptions = False


def line_formatter() -> ProcessorFormatter:
    """Return the formatter of a line: time, level, logger, event, fields."""
    return ProcessorFormatter(
        foreign_pre_chain=[strip_library_line, describe_error],
        processors=[ProcessorFormatter.remove_processors_meta, drop_unlisted, render_line],
        # the text of a library is taken before its values are put into it
        use_get_message=False,
        pass_foreign_args=True,
        fmt=LINE_FORMAT,
        datefmt=LINE_TIME,
    )


def drop_unlisted(_logger: WrappedLogger, _level: str, event: EventDict) -> EventDict:
    """Return the event with the listed fields, and the count of the others under `DROPPED`.

    Fields without a value (None) are left out.
    """
    kept: EventDict = {}
    dropped = 0
    for name, value in event.items():
        if name != "event" and name not in FIELDS:
            dropped += 1
        elif value is not None:
            # the text of an object, such as an error, may quote data; its class does not
            is_plain = isinstance(value, str | int | float)
            kept[name] = value if is_plain else type(value).__name__
    if dropped:
        # their number only: a name may come from the data as well
        kept[DROPPED] = dropped
    return kept


def render_line(logger: WrappedLogger, level: str, event: EventDict) -> str:
    """Return the event as a line: its text, then `name=value` for each field."""
    text = str(event.pop("event", ""))
    fields = str(_as_fields(logger, level, event)).replace("\r", "\\r")
    return f"{text} {fields}" if fields else text


def strip_library_line(_logger: WrappedLogger, _level: str, event: EventDict) -> EventDict:
    """Return the event of a library's line, without the values that the line was given.

    An error among them keeps its class.
    """
    text, values = event["_record"].msg, event.pop("positional_args", ())
    if isinstance(text, str):
        # asyncio adds further lines, with the text of the error and what a task holds
        event["event"] = _veiled(text.partition("\n")[0], values)
    else:
        event["event"] = _class_of(text)
    event.pop("stack_info", None)
    return event


def describe_error(_logger: WrappedLogger, _level: str, event: EventDict) -> EventDict:
    """Return the event with `error`, a description, in place of the error that is handled now."""
    exc_info = event.pop("exc_info", None)
    error = exc_info[1] if isinstance(exc_info, tuple) else exc_info and sys.exception()
    if isinstance(error, BaseException):
        event["error"] = describe(error)
    return event


def describe(error: BaseException) -> str:
    """Return an error's class, its code if it has one, and its innermost frames; never its text.

    The code is that of the database (SQLSTATE) or of the operating system.
    """
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    path = " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in reversed(frames))
    cause = f", caused by {describe(error.__cause__)}" if error.__cause__ else ""
    return f"{_class_of(error)} at {path}{cause}"


def _to_logging(
    logger: WrappedLogger, level: str, event: EventDict
) -> tuple[tuple[str], dict[str, bool]]:
    """Return the arguments for the standard library's logger."""
    # `exception` of that logger would add the traceback
    return (render_line(logger, level, event),), {"exc_info": False}


def _class_of(error: object) -> str:
    code = getattr(error, "sqlstate", None) or errno.errorcode.get(getattr(error, "errno", 0) or 0)
    return f"{type(error).__name__} {code}" if code else type(error).__name__


def _veiled(text: str, values: object) -> str:
    """Return a text of the % operator with `...` in place of values, and classes of errors."""
    if not values:
        return text
    # values by name come as a mapping; none of them is shown
    shown = iter(() if isinstance(values, Mapping) else _shown(values))

    def replacement(conversion: re.Match[str]) -> str:
        return "%" if conversion[0] == "%%" else next(shown, _VEILED)

    return _CONVERSION.sub(replacement, text)


def _shown(values: Any) -> Iterator[str]:  # noqa: ANN401 - whatever a library logs
    for value in values:
        yield _class_of(value) if isinstance(value, BaseException) else _VEILED
