"""Builds and runs the worker."""

# ruff: noqa: PLC0415 - a process loads only what it builds

from kadens.clock import clock
from kadens.settings import Settings
from kadens.wiring.needs import keys_of, needed


def run_worker(settings: Settings, *, accept_loss: bool = False) -> int:
    """Run a worker to its end and return its exit status."""
    from kadens.privacy.closing_terms import closing_terms
    from runtime.log_lines import log_to_stderr
    from stream.worker import WorkerPlan, run_until_stopped

    log_to_stderr()
    return run_until_stopped(
        WorkerPlan(
            brokers=needed(settings, "kafka"),
            database=needed(settings, "database"),
            bodies=needed(settings, "bodies"),
            wrapping=keys_of(settings, "wrapping"),
            now=clock(settings.clock),
            worker_id=settings.worker_id,
            mock=settings.mock_broker,
            smtp=settings.smtp,
            mail_from=settings.mail_from,
            receivers=settings.secrets.receivers,
            clinic_url=settings.clinic_url,
            closing=closing_terms(settings),
            commit_interval_s=settings.commit_interval_s,
            stall_s=settings.stall_s,
            group_session_s=settings.group_session_s,
            metrics_host=settings.metrics_host,
            metrics_port=settings.metrics_port,
            accept_loss=accept_loss,
        )
    )
