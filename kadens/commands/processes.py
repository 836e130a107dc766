"""Commands that run something: the whole of Kadens on this machine, or one production process each.

Imports stand inside the functions: each process loads only what it runs.
"""

from pathlib import Path
from typing import Annotated

import typer

from kadens.commands.console import DEFAULT_DATA, ProcessData, err, fail, process_settings
from storage.pg.migrate import MigrationError


def vendor_door(*, data: ProcessData = DEFAULT_DATA) -> None:
    """Run the vendor door: verify what is pushed, append it to Kafka, answer."""
    from kadens.scrape import publish  # noqa: PLC0415 - each process loads only what it runs
    from kadens.wiring import serving  # noqa: PLC0415
    from kadens.wiring import vendor_door as build  # noqa: PLC0415
    from web.server import serve  # noqa: PLC0415

    settings = process_settings(data)
    app = build(settings)
    publish(app, settings.metrics_host, settings.metrics_port)
    serve(app, serving(settings, "vendor"), app.state.count)


def clinic_door(*, data: ProcessData = DEFAULT_DATA) -> None:
    """Run the clinician door: worklist, patient pages, API."""
    from kadens.scrape import publish  # noqa: PLC0415
    from kadens.wiring import check_database_keys, serving  # noqa: PLC0415
    from kadens.wiring import clinic_door as build  # noqa: PLC0415
    from web.server import serve  # noqa: PLC0415

    settings = process_settings(data)
    app = build(settings)
    check_database_keys(settings)
    publish(app, settings.metrics_host, settings.metrics_port)
    serve(app, serving(settings, "clinic"), app.state.count)


def worker(
    *,
    accept_loss: Annotated[
        bool,
        typer.Option(
            "--accept-loss",
            help="Go on where log and database do not meet: what lies between is lost.",
        ),
    ] = False,
    data: ProcessData = DEFAULT_DATA,
) -> None:
    """Run a worker of the consumer group: normalise, derive, judge, deliver."""
    from kadens.wiring import run_worker  # noqa: PLC0415

    raise typer.Exit(run_worker(process_settings(data), accept_loss=accept_loss))


def migrate(*, data: ProcessData = DEFAULT_DATA) -> None:
    """Bring the database's schema up to date, and make the topics that are missing."""
    from kadens.wiring import migrate as bring_up  # noqa: PLC0415

    try:
        done = bring_up(process_settings(data))
    except MigrationError as error:
        fail(str(error))
    for line in done:
        err.print(line)


def up(  # noqa: PLR0913 - one argument an option of the command
    *,
    demo: Annotated[
        bool, typer.Option("--demo", help="Enrol eight simulated patients and play their history.")
    ] = False,
    until_alert: Annotated[
        bool,
        typer.Option(
            "--until-alert", help="Print the first pain alert as JSON and stop (0), or fail (1)."
        ),
    ] = False,
    timeout: Annotated[
        float, typer.Option(help="Seconds that --until-alert waits after the start.")
    ] = 300.0,
    broker: Annotated[
        str, typer.Option(help="auto, kafka, mock, or HOST:PORT of a running Kafka.")
    ] = "auto",
    database: Annotated[
        str, typer.Option(help="embedded, or the DSN of a running PostgreSQL.")
    ] = "embedded",
    data: Annotated[
        Path | None, typer.Option("--data", help="Data folder; a fresh one for --demo, else ./var.")
    ] = None,
    vendor_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the vendor door; 0 takes a free one.")
    ] = 8801,
    clinic_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the clinician door; 0 takes a free one.")
    ] = 8802,
    clock: Annotated[
        str, typer.Option(help="system, fixed:EPOCH_MS or file:PATH (tests).")
    ] = "system",
    seed: Annotated[int, typer.Option(help="Seed of the simulated patients.")] = 1,
    weeks: Annotated[
        int, typer.Option(min=4, max=52, help="Weeks of history of the simulated patients.")
    ] = 12,
) -> None:
    """Run everything on this machine: log, database, both doors, worker; stops cleanly on Ctrl-C."""
    from kadens.local.up import up as start  # noqa: PLC0415
    from kadens.local.up_options import Options  # noqa: PLC0415

    if until_alert and not demo:
        fail("--until-alert needs --demo: without it nobody reports pain", code=2)
    options = Options(
        demo=demo,
        until_alert=until_alert,
        timeout_s=timeout,
        broker=broker,
        database=database,
        data=data,
        vendor_port=vendor_port,
        clinic_port=clinic_port,
        clock=clock,
        seed=seed,
        weeks=weeks,
    )
    try:
        raise typer.Exit(start(options))
    except (ValueError, OSError) as error:
        fail(str(error))
