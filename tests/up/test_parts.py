"""The parts of `kadens up` on their own: children come back, mail is kept."""

import signal
import smtplib
import stat
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import orjson
import pytest

from kadens.embedded.process import Child, StartFailed, launch
from kadens.local.children import Children, Job
from kadens.local.mailbox import Mailbox
from kadens.local.runtime import forget_runtime, secrets_in, write_runtime
from kadens.local.up import up
from kadens.local.up_options import Options, free_port
from tests.rows import values_of
from tests.until import until


@pytest.fixture
def reports() -> list[str]:
    return []


@pytest.fixture
def children(
    tmp_path: Path, reports: list[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Children]:
    """Children that run `python -c WORD`, not `python -m kadens WORD`, and come back at once."""

    def run_word(part: str, argv: list[str], **rest: Any) -> Child:  # noqa: ANN401 - passed on
        return launch(part, [sys.executable, "-c", argv[-1]], **rest)

    monkeypatch.setattr("kadens.local.children.launch", run_word)
    monkeypatch.setattr("kadens.local.crashes.FIRST_PAUSE_S", 0.0)
    made = Children({"KADENS_WORD": "heard"}, tmp_path, reports.append)
    yield made
    made.stop()


def test_a_child_that_crashes_is_started_again_and_told(
    children: Children, reports: list[str], tmp_path: Path
) -> None:
    children.start(
        Job(name="worker", words=("print('x', flush=True); raise SystemExit('it broke')",))
    )

    def twice() -> bool:
        children.tend()
        return (tmp_path / "worker.log").read_text().count("x\n") >= 2

    until(twice)
    assert reports[0] == "worker ended with status 1 (it broke); it starts again in 0 s"


def test_too_many_crashes_end_it_all(children: Children) -> None:
    children.start(Job(name="worker", words=("raise SystemExit(3)",)))

    def tended() -> bool:
        children.tend()
        return False

    with pytest.raises(StartFailed, match="worker: ended 9 times, last with status 3"):
        until(tended)


def test_a_child_gets_its_settings_and_nothing_of_ours(
    children: Children, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KADENS_CLOCK", "ours")
    ours = "sorted((k, v) for k, v in os.environ.items() if k[:6] == 'KADENS')"
    word = f"import os; print({ours}, flush=True); input()"
    children.start(Job(name="worker", words=(word,)))
    until(lambda: (tmp_path / "worker.log").read_text() != "")
    assert "[('KADENS_WORD', 'heard')]" in (tmp_path / "worker.log").read_text()


def test_stopping_ends_every_child_by_sigterm(children: Children, tmp_path: Path) -> None:
    block = "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])"
    wait = "print('up', flush=True); print(signal.sigwait([signal.SIGTERM]), flush=True)"
    children.start(Job(name="door", words=(f"{block}; {wait}",)))
    until(lambda: "up" in (tmp_path / "door.log").read_text())
    children.stop()
    assert str(int(signal.SIGTERM)) in (tmp_path / "door.log").read_text()


def test_a_child_that_is_not_ready_in_time_fails_the_start(
    children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kadens.local.children.START_SECONDS", 0.3)
    job = Job(
        name="door",
        words=("import time; time.sleep(60)",),
        ready=f"http://127.0.0.1:{free_port()}/healthz",
    )
    with pytest.raises(StartFailed, match="door: did not answer"):
        children.start(job)


def test_secrets_are_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    path, first = secrets_in(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(map(len, values_of((first.link_keys, first.wrapping_keys), "active.secret"))) == [
        32,
        32,
    ]
    assert first.connectors["open_wearables"].keys[0].startswith("whsec_")
    _, again = secrets_in(tmp_path)
    assert (again.link_keys, again.wrapping_keys, again.connectors) == (
        first.link_keys, first.wrapping_keys, first.connectors,
    )  # fmt: skip


def test_runtime_says_where_everything_is_and_holds_no_secret(tmp_path: Path) -> None:
    _, made = secrets_in(tmp_path)
    path = write_runtime(
        tmp_path,
        {"KADENS_KAFKA": "127.0.0.1:1"},
        {"clinic": "http://127.0.0.1:2"},
        {"KADENS_DATABASE": "user=owner"},
    )
    assert orjson.loads(path.read_bytes()) == {
        "environment": {"KADENS_KAFKA": "127.0.0.1:1"},
        "addresses": {"clinic": "http://127.0.0.1:2"},
        "migrating": {"KADENS_DATABASE": "user=owner"},
    }
    assert made.link_keys.active.secret.hex() not in path.read_text()
    forget_runtime(tmp_path)
    forget_runtime(tmp_path)
    assert not path.exists()


def test_mail_is_kept_in_order(tmp_path: Path) -> None:
    with Mailbox(tmp_path / "mail", free_port()) as box:
        for number in (1, 2):
            mail = EmailMessage()
            mail["From"], mail["To"], mail["Subject"] = (
                "kadens@localhost",
                "a@localhost",
                f"number {number}",
            )
            mail.set_content("there is something to look at")
            host, _, port = box.address.partition(":")
            with smtplib.SMTP(host, int(port), timeout=10) as smtp:
                smtp.send_message(mail)
        assert box.count() == 2
    assert "Subject: number 2" in (tmp_path / "mail" / "00002.eml").read_text()


def test_a_broker_that_does_not_answer_is_a_failed_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert up(Options(broker=f"127.0.0.1:{free_port()}", data=tmp_path / "data")) == 1
    assert "error:" in capsys.readouterr().err
