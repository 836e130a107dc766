"""One worker as a process of its own, from KADENS_* variables: what `kadens worker` does, with a key of the tests."""

import logging
import os
import sys

from kadens.stream.worker import WorkerPlan, run_worker

from kadens.clock import clock
from kadens.settings import read_settings


def main() -> int:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    said = read_settings()
    return run_worker(
        WorkerPlan(
            brokers=said.kafka,
            database=said.database,
            bodies=said.bodies,
            wrapping_key=bytes.fromhex(os.environ["TEST_WRAPPING_KEY"]),
            now=clock(said.clock),
            worker_id=said.worker_id,
            mock=said.mock_broker,
            smtp=said.smtp,
            mail_from=said.mail_from,
            commit_interval_s=said.commit_interval_s,
            stall_s=said.stall_s,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
