"""The connectors, one file a vendor; a vendor that is not in this list does not exist."""

from ..connector import Connector
from .files import FILES
from .open_wearables import OPEN_WEARABLES
from .reports import REPORTS

CONNECTORS: tuple[Connector, ...] = (OPEN_WEARABLES, REPORTS, FILES)
