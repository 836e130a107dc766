"""Where and with which limits a door is served."""

# ruff: noqa: PLC0415 - a process loads only what it builds
import socket
from typing import TYPE_CHECKING

from kadens.settings import Settings, SettingsError

if TYPE_CHECKING:
    from web.rates import Buckets
    from web.server import Serving

BURST = 10
FORM = 64 * 1024  # the longest body of the clinician and the patient door
MARGIN = 1024 * 1024
_DRAINED = 128 * MARGIN
GRACEFUL_S = {
    "vendor": 15,
    "patient": 15,
    "clinic": 2,
}  # an open page keeps an event stream open, so waiting longer is useless


def buckets(rate: float) -> "Buckets":
    """Return the buckets of a rate per second and key, with bursts of ten times the rate."""
    from web.rates import Buckets

    return Buckets(rate=rate, burst=BURST * rate)


def check_door_port(settings: Settings, door: str) -> None:
    """Raise OSError with the address of a door where it cannot listen; it is let go again."""
    host, port = getattr(settings, f"{door}_host"), getattr(settings, f"{door}_port")
    name = f"KADENS_{door.upper()}_PORT"
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            # as the server itself does: connections of before may linger
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise OSError(
            f"the {door} door cannot listen at {host}:{port}: {error.strerror}; end what listens "
            f"there, such as a `kadens up` that has this door, or set {name} to a free port"
        ) from error


def serving(settings: Settings, door: str) -> "Serving":
    """Return where and with which limits a door is served; raises `SettingsError`.

    `door` is `vendor`, `clinic` or `patient`.
    """
    from web.limits import ServerLimits, networks
    from web.server import Serving

    try:
        trusted = networks(settings.trusted_proxies)
    except ValueError as error:
        raise SettingsError(
            f"KADENS_TRUSTED_PROXIES={settings.trusted_proxies}: must be addresses"
        ) from error
    # With the margin, the application refuses a body that is too long before the server does.
    most = {"vendor": settings.max_body + MARGIN}.get(door, FORM)
    limits = ServerLimits(
        body_bytes=most,
        drain_bytes=min(most, _DRAINED),
        connections=settings.connections,
        per_peer=settings.connections_per_peer,
        trusted=trusted,
    )
    position = {
        "host": getattr(settings, f"{door}_host"),
        "port": getattr(settings, f"{door}_port"),
    }
    return Serving(
        **position,
        limits=limits,
        failures=settings.failure_rate,
        failures_at_once=2 * settings.failure_rate,
        graceful_s=GRACEFUL_S[door],
    )
