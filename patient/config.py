"""What the deployer injects into the patient door, and what it holds while it runs.

No setting is read here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from starlette.requests import Request

from fetcher.client import VendorClient
from fetcher.parts import FetchedVendor
from model.keyring import KeyRing, Keys
from patient.metrics import PatientMetrics
from patient.report.report_log import ReportLog
from storage.pg.pool import Pool
from web.sign_in.attempts import Attempts
from web.sign_in.code_flow import CodeFlow

BACK_PATH, LINK_PATH = "/callback", "/connect"


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientSignIn(CodeFlow):
    """How patients sign in by an identity provider.

    `number_claim` names the claim with the personal number, by name or path. `levels` are the
    values of `acr` that suffice, empty for no demand. `identity_keys` make the digests of numbers.
    """

    number_claim: str
    levels: tuple[str, ...] = ()
    identity_keys: Keys = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientConfig:
    """Database, keys, clock and vendors; `clock` returns epoch ms.

    `url` is the address by which browsers reach the door; vendors send patients back to it.
    `titles` has the names of vendors as people know them. `log` takes the patients' answers.
    `clinic` is shown, "" for none. Without `sign_in` the door is entered by one-time links alone.
    """

    database: str
    wrapping: Keys
    clock: Callable[[], int]
    vendors: Mapping[str, FetchedVendor]
    titles: Mapping[str, str]
    url: str
    log: ReportLog
    clinic: str = ""
    sign_in: PatientSignIn | None = None

    @property
    def is_secure(self) -> bool:
        """Return whether browsers reach the door by https."""
        return self.url.startswith("https:")

    def callback(self, connector: str) -> str:
        """Return the address of return that is registered at a vendor."""
        return f"{self.url.rstrip('/')}{BACK_PATH}/{connector}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPatientDoor:
    """What the door holds from start-up to shutdown."""

    config: PatientConfig
    pool: Pool
    client: VendorClient
    metrics: PatientMetrics
    attempts: Attempts = field(default_factory=Attempts)

    @property
    def wrapping_key(self) -> KeyRing:
        """Return the keys that wrap data keys now; a rotation changes them, so never keep them."""
        return self.config.wrapping()

    def now(self) -> int:
        """Return the time in epoch ms."""
        return self.config.clock()


def patient_door_of(request: Request) -> OpenPatientDoor:
    """Return what the door that serves `request` holds."""
    held: OpenPatientDoor = request.app.state.door
    return held
