"""The connectors, a file for each vendor. The door serves the vendors of this list and no other."""

from ingest.connector import Connector
from ingest.vendors.coros import COROS
from ingest.vendors.files import FILES
from ingest.vendors.fitbit import FITBIT
from ingest.vendors.garmin import GARMIN
from ingest.vendors.google_health import GOOGLE_HEALTH
from ingest.vendors.hc_webhook import HC_WEBHOOK
from ingest.vendors.health_auto_export import HEALTH_AUTO_EXPORT
from ingest.vendors.huawei import HUAWEI_HEALTH
from ingest.vendors.junction import JUNCTION
from ingest.vendors.open_wearables import OPEN_WEARABLES
from ingest.vendors.oura import OURA
from ingest.vendors.polar import POLAR
from ingest.vendors.reports import REPORTS
from ingest.vendors.strava import STRAVA
from ingest.vendors.suunto import SUUNTO
from ingest.vendors.terra import TERRA_HUB
from ingest.vendors.whoop import WHOOP
from ingest.vendors.withings import WITHINGS

CONNECTORS: tuple[Connector, ...] = (
    OPEN_WEARABLES,
    REPORTS,
    FILES,
    GARMIN,
    POLAR,
    STRAVA,
    SUUNTO,
    GOOGLE_HEALTH,
    FITBIT,
    COROS,
    HUAWEI_HEALTH,
    TERRA_HUB,
    JUNCTION,
    HEALTH_AUTO_EXPORT,
    HC_WEBHOOK,
    OURA,
    WHOOP,
    WITHINGS,
)
