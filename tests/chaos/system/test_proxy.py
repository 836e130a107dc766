"""The proxy before the database: it copies, holds up, drops and leads elsewhere."""

import time
from pathlib import Path

import psycopg
import pytest

from kadens.embedded.postgres import temporary_postgres
from tests.chaos.system.environment import socket_of
from tests.chaos.system.proxy import Proxy


def _answer(dsn: str) -> object:
    with psycopg.connect(dsn) as conn:
        return conn.execute(
            "select inet_server_addr() is null, current_setting('data_directory')"
        ).fetchone()


def test_it_delays_drops_and_leads_elsewhere(tmp_path: Path) -> None:
    front = tmp_path / "f"
    front.mkdir()
    with (
        temporary_postgres() as first,
        temporary_postgres() as second,
        Proxy(front, socket_of(first)) as proxy,
    ):
        dsn = proxy.dsn("postgres")
        assert _answer(dsn) == _answer(first.dsn())
        with psycopg.connect(dsn, autocommit=True) as conn:
            proxy.delay_s = 0.1
            began = time.monotonic()
            conn.execute("select 1")
            assert time.monotonic() - began >= 0.2
            proxy.delay_s = 0.0
            proxy.cut()
            with pytest.raises(psycopg.OperationalError):
                conn.execute("select 1")
        proxy.lead_to(socket_of(second))
        assert _answer(dsn) == _answer(second.dsn()) != _answer(first.dsn())
        second.kill()
        with pytest.raises(psycopg.OperationalError):
            _answer(dsn)
        second.restart()
