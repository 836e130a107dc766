"""A worker that makes no progress ends itself, and the next worker continues where it was."""

import psycopg

from tests.contract.test_ledger import add_patient, ended, ledger_facts, send_reports
from tests.rig import Rig


def test_lag_without_progress_ends_the_worker(own: Rig) -> None:
    add_patient(own)
    own.settings["KADENS_STALL_S"] = "6"
    own.start_worker()
    send_reports(own, 0, 8)
    own.wait(lambda: ledger_facts(own) == 8, "8 facts")
    with psycopg.connect(own.dsn) as holder:
        holder.execute("select from stream_offset for update")
        send_reports(own, 8, 16)
        result = ended(own)
    assert "no progress for 6 s although messages wait" in result
    assert ledger_facts(own) == 8
    own.start_worker()
    own.wait(lambda: ledger_facts(own) == 16, "16 facts")
