"""Commands that run processes: all of Kadens on this machine, or a single production process.

Imports are inside the functions, so that each process loads only what it runs.
"""

# ruff: noqa: PLC0415 - see above

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kadens.commands.console import process_settings
from kadens.commands.options import DEFAULT_DATA, ProcessData, finite
from kadens.output.file_errors import named_file_error
from kadens.output.terminal import fail, print_note

if TYPE_CHECKING:
    from kadens.local.up_options import Options

_PATIENT_PORT = 8803


def serve_vendor_door(*, data: ProcessData = DEFAULT_DATA) -> None:
    """Run the vendor door: verify pushed bodies, append them to Kafka."""
    from kadens.scrape import publish
    from kadens.wiring.serving import check_door_port, serving
    from kadens.wiring.vendor import vendor_door as build
    from runtime.log_lines import log_to_stderr
    from web.server import serve_http

    log_to_stderr()
    settings = process_settings(data)
    check_door_port(settings, "vendor")
    app = build(settings)
    publish(app, settings.metrics_host, settings.metrics_port)
    serve_http(app, serving(settings, "vendor"), app.state.count)


def serve_clinic_door(*, data: ProcessData = DEFAULT_DATA) -> None:
    """Run the clinician door: worklist, patient pages, API."""
    from kadens.scrape import publish
    from kadens.wiring.clinic import clinic_door as build
    from kadens.wiring.database import check_database_keys
    from kadens.wiring.serving import check_door_port, serving
    from runtime.log_lines import log_to_stderr
    from web.server import serve_http

    log_to_stderr()
    settings = process_settings(data)
    check_door_port(settings, "clinic")
    app = build(settings)
    # With the keys of another installation every name would be unreadable, page after page.
    check_database_keys(settings)
    publish(app, settings.metrics_host, settings.metrics_port)
    serve_http(app, serving(settings, "clinic"), app.state.count)


def serve_patient_door(*, data: ProcessData = DEFAULT_DATA) -> None:
    """Run the patient door: patients' own pages and reports."""
    from kadens.scrape import publish
    from kadens.wiring.patient import patient_door as build
    from kadens.wiring.serving import check_door_port, serving
    from runtime.log_lines import log_to_stderr
    from web.server import serve_http

    log_to_stderr()
    settings = process_settings(data)
    check_door_port(settings, "patient")
    app = build(settings)
    publish(app, settings.metrics_host, settings.metrics_port)
    serve_http(app, serving(settings, "patient"), app.state.count)


def start_worker_process(
    *,
    accept_loss: Annotated[
        bool,
        typer.Option(
            "--accept-loss",
            help="Start even though the log has lost messages that the database lacks.",
        ),
    ] = False,
    data: ProcessData = DEFAULT_DATA,
) -> None:
    """Run a worker: normalise, derive, judge, deliver.

    Workers form a consumer group and share the partitions of the log.
    """
    from kadens.wiring.working import run_worker

    raise typer.Exit(run_worker(process_settings(data), accept_loss=accept_loss))


def bring_uploads(*, data: ProcessData = DEFAULT_DATA) -> None:
    """Run the process that brings uploads in parts to the log."""
    from kadens.wiring.uploads import run_uploads
    from runtime.log_lines import log_to_stderr

    log_to_stderr()
    run_uploads(process_settings(data))


def start_fetcher_process(*, data: ProcessData = DEFAULT_DATA) -> None:
    """Run a fetcher: ask vendors for what they announced.

    Fetchers share the work, and each vendor's budget, through the database.
    """
    from kadens.wiring.fetching import run_fetcher

    raise typer.Exit(run_fetcher(process_settings(data)))


def migrate_all(*, data: ProcessData = DEFAULT_DATA) -> None:
    """Update the database schema, and create missing topics."""
    from kadens.wiring.database import migrate_database_and_log

    for line in migrate_database_and_log(process_settings(data, migrates=True)):
        print_note(line)


_Demo = Annotated[
    bool,
    typer.Option("--demo", help="Enrol eight simulated patients, and play back their history."),
]
_UntilAlert = Annotated[
    bool,
    typer.Option("--until-alert", help="Print the first pain alert as JSON and exit 0, or exit 1."),
]
_Timeout = Annotated[
    float | None,
    typer.Option(
        min=1,
        callback=finite,
        help="How many seconds --until-alert waits after the start; 300 by default.",
    ),
]
_Broker = Annotated[str, typer.Option(help="auto, kafka, mock, or HOST:PORT of a running Kafka.")]
_Database = Annotated[str, typer.Option(help="embedded, or the DSN of a running PostgreSQL.")]
_Folder = Annotated[
    Path | None,
    typer.Option("--data", help="Data folder; by default a new one for --demo, else ./var."),
]
_VendorPort = Annotated[
    int, typer.Option(min=0, max=65535, help="Port of the vendor door; 0 for a free one.")
]
_ClinicPort = Annotated[
    int, typer.Option(min=0, max=65535, help="Port of the clinician door; 0 for a free one.")
]
_PatientPort = Annotated[
    int | None,
    typer.Option(
        min=0,
        max=65535,
        help="Port of the patient door; by default 8803, or a free one with --clinic-port 0.",
    ),
]
_Clock = Annotated[str, typer.Option(help="system, fixed:EPOCH_MS or file:PATH (tests).")]
_Seed = Annotated[
    int | None, typer.Option(min=0, help="Seed of the simulated patients; 1 by default.")
]
_Weeks = Annotated[
    int | None,
    typer.Option(min=4, max=52, help="Weeks of history of the simulated patients; 12 by default."),
]


def run_everything(  # noqa: PLR0913 - one parameter per option
    *,
    demo: _Demo = False,
    until_alert: _UntilAlert = False,
    timeout: _Timeout = None,
    broker: _Broker = "auto",
    database: _Database = "embedded",
    data: _Folder = None,
    vendor_port: _VendorPort = 8801,
    clinic_port: _ClinicPort = 8802,
    patient_port: _PatientPort = None,
    clock: _Clock = "system",
    seed: _Seed = None,
    weeks: _Weeks = None,
) -> None:
    """Run log, database, doors and worker on this machine.

    Ctrl-C stops it cleanly.
    """
    from kadens.local.up_options import Options

    if until_alert or timeout is not None:
        _must_wait_for_an_alert(demo=demo, until_alert=until_alert)
    if not demo and not (seed is None and weeks is None):
        fail("--seed and --weeks are about the patients of --demo, and that is not given", code=2)
    # who asks for a free port of one door runs several side by side, and a fixed one would clash
    if patient_port is None:
        patient_port = _PATIENT_PORT if clinic_port else 0
    options = Options(
        demo=demo,
        until_alert=until_alert,
        timeout_s=300.0 if timeout is None else timeout,
        broker=broker,
        database=database,
        data=data,
        vendor_port=vendor_port,
        clinic_port=clinic_port,
        patient_port=patient_port,
        clock=clock,
        seed=1 if seed is None else seed,
        weeks=12 if weeks is None else weeks,
    )
    _run_until_stopped(options)


def _must_wait_for_an_alert(*, demo: bool, until_alert: bool) -> None:
    if not until_alert:
        fail("--timeout is how long --until-alert waits, and that is not given", code=2)
    # Without the demo it would wait for its full time and then fail.
    if not demo:
        fail("--until-alert needs --demo, since nobody else reports pain", code=2)


def _run_until_stopped(options: "Options") -> None:
    """Run everything to its end, and leave with its status; what fails is named in a sentence."""
    from kadens.local.up import up as start

    try:
        raise typer.Exit(start(options))
    except OSError as error:
        fail(named_file_error(error))
    except ValueError as error:
        fail(str(error), code=2)
