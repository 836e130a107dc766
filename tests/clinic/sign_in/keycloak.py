"""A real Keycloak 26 for the tests, from the Maven repository, in memory, on a free loopback port.

It runs with KADENS_TEST_KEYCLOAK=1, which downloads 164 MB once, or when the distribution is in the
cache already. KADENS_TEST_KEYCLOAK=0 leaves it out even then.
"""

import os
import shutil
import signal
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2

from kadens.embedded.kafka import FIRST_COMPILER_ONLY
from kadens.embedded.kafka_jars import JAVA_NEEDED, default_cache, java_version
from kadens.embedded.process import claim, end_child, launch, wait_ready
from tests.clinic.sign_in.provider import SECRET, listening

VERSION = "26.5.0"
ARTIFACT = f"org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
VARIABLE = "KADENS_TEST_KEYCLOAK"
START_SECONDS = 240.0  # the first start builds the server
REALM = Path(__file__).with_name("data") / "realm.json"


def missing() -> str | None:
    """Tell why Keycloak does not run here, or None when it does."""
    wish = os.environ.get(VARIABLE, "")
    if wish == "0":
        return f"{VARIABLE}=0"
    if not wish and not cached().is_dir():
        return (
            f"Keycloak is not in {cached().parent}; {VARIABLE}=1 fetches it (164 MB) and starts it"
        )
    java = shutil.which("java")
    if java is None or java_version(java) < JAVA_NEEDED:
        return f"Keycloak needs Java {JAVA_NEEDED}"
    return (
        None
        if cached().is_dir() or shutil.which("mvn")
        else "Keycloak is fetched by Maven, which is not here"
    )


def cached() -> Path:
    return default_cache() / f"keycloak-{VERSION}"


def fetch() -> None:
    """Fetch and unpack Keycloak into a temporary folder, then rename it.

    A folder with the final name is therefore always complete.
    """
    new = cached().with_name(cached().name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    goal = ["dependency:copy", f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={new}"]
    subprocess.run(["mvn", "-q", "-B", *goal], check=True, timeout=280, cwd="/")
    (packed,) = new.glob("*.zip")
    with zipfile.ZipFile(packed) as file:
        file.extractall(new)
    packed.unlink()
    new.rename(cached())


@contextmanager
def running_keycloak(log: Path, marks: Mapping[str, str]) -> Iterator[str]:
    """Run Keycloak with a realm that knows our doors, and give the realm's issuer.

    `marks` are words of the realm, and what stands in their places: addresses of doors, and
    personal numbers.
    """
    if not cached().is_dir():
        fetch()
    with claim("keycloak", cached()), listening() as (socket, url):
        socket.close()
        home = cached() / f"keycloak-{VERSION}"
        imported = home / "data" / "import"
        imported.mkdir(parents=True, exist_ok=True)
        realm = REALM.read_text(encoding="utf-8")
        for mark, text in {"REPLACED": SECRET, **marks}.items():
            realm = realm.replace(mark, text)
        (imported / "realm.json").write_text(realm, encoding="utf-8")
        words = [
            "--http-host=127.0.0.1",
            f"--http-port={url.rpartition(':')[2]}",
            "--db=dev-mem",
            "--import-realm",
        ]
        child = launch(
            "keycloak",
            ["/bin/bash", home / "bin" / "kc.sh", "start-dev", *words],
            log=log,
            on_death=signal.SIGTERM,
            environment={"JAVA_OPTS_APPEND": " ".join(FIRST_COMPILER_ONLY)},
        )
        issuer = f"{url}/realms/hospital"
        try:
            wait_ready(
                child,
                lambda: _answers(f"{issuer}/.well-known/openid-configuration"),
                seconds=START_SECONDS,
            )
            yield issuer
        finally:
            end_child(child, first=signal.SIGTERM, seconds=30)


def _answers(address: str) -> bool:
    try:
        return httpx2.get(address, timeout=5).status_code == httpx2.codes.OK
    except httpx2.HTTPError:
        return False
