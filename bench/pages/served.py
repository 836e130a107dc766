"""A clinician door over a database: `python -m bench.pages.served PORT DATABASE UNIT`.

Every request is that of one clinician of the unit. Nothing of the door is left out but the sign-in.
"""

import sys

from bench.loads import NOW_MS
from clinic.app import create_app
from clinic.config import ClinicConfig
from web.server import Serving, serve_http
from web.sign_in.identity import Identity

if __name__ == "__main__":
    port, database, unit = sys.argv[1:]
    who = Identity(subject="bench", name="Bench", care_unit=unit)
    config = ClinicConfig(database=database, identify=lambda _: who, clock=lambda: NOW_MS)
    serve_http(create_app(config), Serving(host="127.0.0.1", port=int(port)))
