"""`kadens inspect` with every combination of its options ends plainly, on each kind of payload."""

from collections.abc import Iterator, Sequence
from itertools import chain, product

import numpy as np
import pytest
from typer.testing import CliRunner

from kadens.cli import COMMANDS, app
from kadens.lazy_commands import load_command
from model.facts import Instrument, Phase
from simulate.fit_writer import Recording, write_activity
from simulate.report_writer import ReportAnswer, report_body
from tests.rows import matching, values_of

BEGIN_MS = 1_763_974_800_000
# Each option with the values that it is tried with; () leaves it out.
VALUES: dict[str, Sequence[tuple[str, ...]]] = {
    "--connector": ((), ("--connector", "reports"), ("--connector", "nobody")),
    "--header": ((), ("--header", "X-Kind: a", "--header", "Content-Type: text/plain")),
    "--query": ((), ("--query", "page=1")),
    "--zone": ((), ("--zone", "Europe/Stockholm")),
    "--hr-rest": ((), ("--hr-rest", "60")),
    "--hr-max": ((), ("--hr-max", "180")),
    "--facts": ((), ("--facts",)),
    "--json": ((), ("--json",)),
}


def fit_payload() -> bytes:
    t = BEGIN_MS + np.arange(60, dtype=np.int64) * 1000
    columns = {"heart_rate": np.full(60, 120.0)}
    return write_activity(
        Recording(start_ms=BEGIN_MS, end_ms=BEGIN_MS + 60_000, t=t, columns=columns)
    )


def json_payload() -> bytes:
    answer = ReportAnswer(
        key="a1",
        instrument=Instrument.PAIN,
        answered_ms=BEGIN_MS,
        phase=Phase.AFTER,
        value=3.0,
        scale="nrs-0-10",
    )
    return report_body("p", "Europe/Stockholm", [answer])


def tcx_payload() -> bytes:
    points = "".join(
        f"<Trackpoint><Time>2025-11-24T09:00:{second:02}Z</Time>"
        "<HeartRateBpm><Value>120</Value></HeartRateBpm></Trackpoint>"
        for second in range(60)
    )
    return (
        '<?xml version="1.0"?><TrainingCenterDatabase '
        'xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"><Activities>'
        '<Activity Sport="Running"><Id>2025-11-24T09:00:00Z</Id>'
        '<Lap StartTime="2025-11-24T09:00:00Z"><TotalTimeSeconds>60</TotalTimeSeconds>'
        f"<Track>{points}</Track></Lap></Activity></Activities></TrainingCenterDatabase>"
    ).encode()


PAYLOADS = {"fit": fit_payload(), "json": json_payload(), "tcx": tcx_payload()}


def combinations(connector: tuple[str, ...]) -> Iterator[list[str]]:
    rest = [values for name, values in VALUES.items() if name != "--connector"]
    for chosen in product([connector], *rest):
        yield list(chain.from_iterable(chosen))


def test_every_option_of_the_command_is_tried() -> None:
    command = load_command(matching(COMMANDS, word="inspect")[0])
    names = chain.from_iterable(values_of(command.params, "opts"))
    assert {name for name in names if name.startswith("--")} == set(VALUES)


@pytest.mark.parametrize("connector", VALUES["--connector"], ids=lambda words: words[-1:])
@pytest.mark.parametrize("kind", PAYLOADS)
def test_no_combination_ends_with_a_traceback(kind: str, connector: tuple[str, ...]) -> None:
    # A file is known by its bytes. A report is no file and is read only from its connector.
    readable = {"fit": "", "tcx": "", "json": "reports"}[kind] == "".join(connector[1:])
    refused = 2 if "nobody" in connector else 1
    for words in combinations(connector):
        done = CliRunner().invoke(app, ["inspect", "-", *words], input=PAYLOADS[kind])
        # each is JSON, and of another form
        is_both = {"--facts", "--json"} <= set(words)
        code = 0 if readable else refused
        assert done.exit_code == (2 if is_both else code), (words, done.output)
        # an exit by status, and not by an error that nobody caught
        assert isinstance(done.exception, SystemExit | None), words
        assert done.output
        assert "Traceback" not in done.output
