"""librdkafka's mock cluster in this process: the real protocol in memory, for evaluation.

Must never be used for data: everything is lost at exit, and each partition silently keeps only its
newest 5 MiB or 100,000 messages. A group has a single consumer, and CreateTopics is missing. Create
it before any fork, never in a child.
"""

import ctypes
import importlib.util
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

PRODUCER: Final = 0  # rd_kafka_type_t; the mock hangs on any client handle
PRODUCE, FETCH, METADATA = 0, 1, 3  # api keys for `fail_next`


class MockFailed(RuntimeError):  # noqa: N818 - reads as what happened
    """librdkafka refused a call on the mock cluster."""


class MockKafka:
    """A mock cluster; `address` is its bootstrap list, on random loopback ports.

    `topics` are `{name: partitions}`. Any other topic gets 4 partitions at its first use.
    """

    def __init__(self, topics: Mapping[str, int] | None = None, *, brokers: int = 1) -> None:
        self.topics, self.brokers = dict(topics or {}), brokers
        self._library = _load()
        self._owner = os.getpid()
        self._handle: int | None = None
        self._cluster: int | None = None

    @property
    def address(self) -> str:
        """The bootstrap list, `host:port[,host:port…]`; MockFailed when it was not started."""
        return str(self._library.rd_kafka_mock_cluster_bootstraps(self._live()).decode())

    def start(self) -> None:
        """Create the cluster and its topics; a group does not wait for further members."""
        message = ctypes.create_string_buffer(512)
        conf = self._library.rd_kafka_conf_new()
        self._library.rd_kafka_conf_set(conf, b"log_level", b"0", message, len(message))
        self._handle = self._library.rd_kafka_new(PRODUCER, conf, message, len(message))
        if not self._handle:
            raise MockFailed(message.value.decode(errors="replace"))
        self._cluster = self._library.rd_kafka_mock_cluster_new(self._handle, self.brokers)
        # Else the first member waits three seconds for others, which never come.
        self._library.rd_kafka_mock_group_initial_rebalance_delay_ms(self._live(), 0)
        for name, partitions in self.topics.items():
            self.create_topic(name, partitions)

    def create_topic(self, name: str, partitions: int) -> None:
        """Create one topic; MockFailed when it exists."""
        self._check(
            self._library.rd_kafka_mock_topic_create(
                self._live(), name.encode(), partitions, self.brokers
            ),
            name,
        )

    def broker_down(self, number: int = 1) -> None:
        """Close one broker's connections and refuse new ones."""
        self._check(
            self._library.rd_kafka_mock_broker_set_down(self._live(), number), "broker down"
        )

    def broker_up(self, number: int = 1) -> None:
        """Let one broker answer again."""
        self._check(self._library.rd_kafka_mock_broker_set_up(self._live(), number), "broker up")

    def fail_next(self, api_key: int, errors: Sequence[int]) -> None:
        """Answer the next requests of one kind with these Kafka error codes, in turn."""
        codes = (ctypes.c_int * len(errors))(*errors)
        self._library.rd_kafka_mock_push_request_errors_array(
            self._live(), api_key, len(errors), codes
        )

    def stop(self) -> None:
        """Destroy the cluster; does nothing in a forked child, whose parent owns it."""
        # A forked child lacks the threads of the cluster, and destroying would wait for them.
        if self._handle is None or os.getpid() != self._owner:
            return
        if self._cluster is not None:
            self._library.rd_kafka_mock_cluster_destroy(self._cluster)
        self._library.rd_kafka_destroy(self._handle)
        self._cluster = self._handle = None

    def __enter__(self) -> Self:
        """Create the cluster."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Destroy the cluster."""
        self.stop()

    def _live(self) -> int:
        if self._cluster is None:
            raise MockFailed("the mock cluster is not running")
        return self._cluster

    def _check(self, code: int, what: str) -> None:
        if code:
            raise MockFailed(f"{what}: {self._library.rd_kafka_err2str(code).decode()}")


_POINTER, _TEXT, _INT = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
SIGNATURES: Final[dict[str, tuple[object, list[object]]]] = {
    "rd_kafka_conf_new": (_POINTER, []),
    "rd_kafka_conf_set": (_INT, [_POINTER, _TEXT, _TEXT, _TEXT, ctypes.c_size_t]),
    "rd_kafka_new": (_POINTER, [_INT, _POINTER, _TEXT, ctypes.c_size_t]),
    "rd_kafka_destroy": (None, [_POINTER]),
    "rd_kafka_err2str": (_TEXT, [_INT]),
    "rd_kafka_mock_cluster_new": (_POINTER, [_POINTER, _INT]),
    "rd_kafka_mock_cluster_bootstraps": (_TEXT, [_POINTER]),
    "rd_kafka_mock_cluster_destroy": (None, [_POINTER]),
    "rd_kafka_mock_topic_create": (_INT, [_POINTER, _TEXT, _INT, _INT]),
    "rd_kafka_mock_group_initial_rebalance_delay_ms": (None, [_POINTER, ctypes.c_int32]),
    "rd_kafka_mock_broker_set_down": (_INT, [_POINTER, ctypes.c_int32]),
    "rd_kafka_mock_broker_set_up": (_INT, [_POINTER, ctypes.c_int32]),
    "rd_kafka_mock_push_request_errors_array": (
        None,
        [_POINTER, ctypes.c_int16, ctypes.c_size_t, ctypes.POINTER(_INT)],
    ),
}


def _load() -> ctypes.CDLL:
    """Load the librdkafka of the wheel, with the signatures of the calls used here."""
    library = ctypes.CDLL(str(_library_file()))
    for name, (result, arguments) in SIGNATURES.items():
        function = getattr(library, name)
        # Without these, ctypes cuts pointers to 32 bits.
        function.restype, function.argtypes = result, arguments
    return library


def _library_file() -> Path:
    """Return the wheel's shared library: beside the package on Linux, inside it on macOS."""
    spec = importlib.util.find_spec("confluent_kafka")
    if spec is None or spec.origin is None:
        raise MockFailed("confluent-kafka is not installed")
    package = Path(spec.origin).parent
    folders = (package.with_name("confluent_kafka.libs"), package / ".dylibs")
    # A wheel carries several versions of other libraries, but librdkafka once.
    libraries: list[Path] = []
    for folder in folders:
        libraries += sorted(folder.glob("librdkafka*"))
    if not libraries:
        raise MockFailed(f"no librdkafka beside {package}: is it a wheel of confluent-kafka?")
    return libraries[0]
