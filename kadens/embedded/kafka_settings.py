"""The settings of a broker of the local Kafka. Pure: nothing is written or started here."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LISTENS_ON = "127.0.0.1"
_QUORUM = 3  # the fewest nodes that tolerate the loss of a node


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A broker, which is a controller too: its number (from 1), its folder and its two ports."""

    number: int
    folder: Path
    port: int
    controller: int

    @property
    def address(self) -> str:
        """The address of this broker for clients."""
        return f"{LISTENS_ON}:{self.port}"


def server_properties(node: Node, nodes: Sequence[Node]) -> str:
    """Return the broker's settings; three nodes keep three copies and need two."""
    copies, needed = (3, 2) if len(nodes) >= _QUORUM else (1, 1)
    rows = {
        "process.roles": "broker,controller",
        "node.id": node.number,
        "controller.quorum.voters": ",".join(map(_voter, nodes)),
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{node.address},CONTROLLER://{LISTENS_ON}:{node.controller}",
        "advertised.listeners": f"PLAINTEXT://{node.address}",
        "log.dirs": (node.folder / "data").resolve(),
        "auto.create.topics.enable": "false",  # a mistyped topic is an error, not a new topic
        "default.replication.factor": copies,
        "min.insync.replicas": needed,
        "offsets.topic.replication.factor": copies,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": needed,
        "transaction.state.log.num.partitions": 4,
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": needed,
        "group.initial.rebalance.delay.ms": 0,
        "group.min.session.timeout.ms": 1_000,  # by default no member may ask for less than 6 s
        # After SIGKILL, a broker may join again only when its last session is over (9 s by
        # default).
        "broker.session.timeout.ms": 3_000,
        "broker.heartbeat.interval.ms": 500,
    }
    return "".join(f"{key}={value}\n" for key, value in rows.items())


def _voter(node: Node) -> str:
    return f"{node.number}@{LISTENS_ON}:{node.controller}"
