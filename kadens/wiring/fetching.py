"""Builds and runs the fetcher, with the vendors that it asks."""

# ruff: noqa: PLC0415 - a process loads only what it builds
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kadens.clock import clock
from kadens.secrets.values import ConnectorSecrets, SettingsError
from kadens.settings import Settings
from kadens.wiring.needs import keys_of, needed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fetcher.parts import FetchedVendor
    from model.vendors.sign_in import OAuth


def run_fetcher(settings: Settings) -> int:
    """Run a fetcher to its end and return its exit status."""
    from fetcher.process import FetcherPlan, run_fetcher_until_stopped
    from runtime.log_lines import log_to_stderr

    log_to_stderr()
    return run_fetcher_until_stopped(
        FetcherPlan(
            brokers=needed(settings, "kafka"),
            database=needed(settings, "database"),
            bodies=needed(settings, "bodies"),
            wrapping=keys_of(settings, "wrapping"),
            now=clock(settings.clock),
            vendors=fetched_vendors(settings),
            at_once=settings.fetch_at_once,
            keep_days=settings.fetch_keep_days,
            spool=token_folder(settings),
            metrics_host=settings.metrics_host,
            metrics_port=settings.metrics_port,
        )
    )


def token_folder(settings: Settings) -> Path | None:
    """Return the folder where new tokens outlast a kill of the fetcher, None without a disk."""
    from storage.bodies.body_store import folder_of

    spool = Path(settings.spool) if settings.spool else folder_of(needed(settings, "bodies"))
    return None if spool is None else spool / "tokens"


def fetched_vendors(settings: Settings) -> "Mapping[str, FetchedVendor]":
    """Return the vendors that the fetcher asks, by name, each with our application there."""
    from fetcher.parts import FetchedVendor
    from fetcher.tokens import OAuthClient
    from ingest.vendors import CONNECTORS

    fetched: dict[str, FetchedVendor] = {}
    for row in CONNECTORS:
        if row.api is None or row.api.request is None:
            continue
        own = settings.secrets.connectors.get(row.name, ConnectorSecrets())
        client = None
        if row.api.auth is not None and own.client_id:
            client = OAuthClient(
                oauth=_asking_for(row.name, row.api.auth, own.scopes),
                client_id=own.client_id,
                client_secret=own.client_secret,
                api=own.api,
            )
        fetched[row.name] = FetchedVendor(
            name=row.name,
            api=replace(row.api, hosts=(*row.api.hosts, *own.hosts)),
            api_address=own.api,
            client=client,
            api_key=own.api_key,
            callback=own.callback,
            word=next(iter(own.keys), ""),
        )
    return fetched


def _asking_for(name: str, oauth: "OAuth", scopes: tuple[str, ...]) -> "OAuth":
    """Return a vendor's authorisation with the scopes that the secrets file names beside others."""
    try:
        return oauth.asking_for(scopes)
    except ValueError as error:
        raise SettingsError(f"[connectors.{name}]: {error}") from None
