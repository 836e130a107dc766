"""Apache Kafka's jars: whether Kafka can run here, and a copy from Maven, kept in a cache.

No broker is started here. With the jars in the cache, neither Maven nor the network is needed
again.
"""

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from kadens.embedded.process import StartFailed

VERSION = "4.3.1"
# Brokers of Kafka 4 are compiled for this Java.
JAVA_NEEDED = 17
DOWNLOAD_SECONDS = 280
LOGGER = "1.7.36"  # the slf4j that Kafka ships; without a binding the broker would log nothing

POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion>
<groupId>kadens</groupId><artifactId>embedded-kafka</artifactId><version>1</version>
<packaging>pom</packaging>
<dependencies>
<dependency><groupId>org.apache.kafka</groupId>
<artifactId>kafka_2.13</artifactId><version>{VERSION}</version></dependency>
<dependency><groupId>org.slf4j</groupId>
<artifactId>slf4j-simple</artifactId><version>{LOGGER}</version></dependency>
</dependencies>
</project>
"""


def default_cache() -> Path:
    """Return the folder for the jars when the caller names none."""
    return Path.home() / ".cache" / "kadens"


def kafka_available(cache: Path | None = None) -> str | None:
    """Return why Apache Kafka cannot run here, or None when it can."""
    java = shutil.which("java")
    if java is None:
        return f"no `java` on the path (Java {JAVA_NEEDED} or later is needed)"
    version = java_version(java)
    if version < JAVA_NEEDED:
        return f"Java {version} found, {JAVA_NEEDED} or later is needed"
    if not _folder(cache).is_dir() and shutil.which("mvn") is None:
        return "no `mvn` on the path, which fetches Kafka's jars the first time"
    return None


def java_version(java: str) -> int:
    """Return the major version of a `java` program, 0 when its output does not contain it."""
    return int(_release(java).partition(".")[0] or 0)


def class_archive(cache: Path | None = None) -> Path:
    """Return where the classes that a broker loads are kept, ready for the `java` on the path.

    An archive serves only the release of Java that wrote it.
    """
    return jars(cache) / f"classes-{_release(shutil.which('java') or 'java')}.jsa"


@cache
def _release(java: str) -> str:
    """Return the release of a `java` program, such as "17.0.15"; "" when its output has none.

    It is asked once for each process: every file of tests that needs Java asks for it.
    """
    reported = subprocess.run(  # noqa: S603 - found by which
        [java, "-version"], capture_output=True, text=True, check=False, timeout=60
    )
    # Java prints its version on stderr; some distributions print it on stdout.
    match = re.search(r'version "(\d[\w.+-]*)', reported.stderr + reported.stdout)
    return match[1] if match else ""


def jars(cache: Path | None = None) -> Path:
    """Return the folder with Kafka's jars; the first time they are fetched (44 MB)."""
    folder = _folder(cache)
    if not folder.is_dir():
        _fetch(folder)
    return folder


def _folder(cache: Path | None) -> Path:
    return (cache or default_cache()) / f"kafka-{VERSION}"


def _fetch(folder: Path) -> None:
    """Fetch into a folder beside the final folder and rename, so that a folder is never partial."""
    mvn = shutil.which("mvn")
    if mvn is None:
        raise StartFailed(
            "kafka", "its jars are not in the cache and there is no `mvn` to fetch them"
        )
    new = folder.with_name(folder.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    pom, log = new / "pom.xml", folder.with_name("maven.log")
    pom.write_text(POM)
    goal = ["-q", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={new}"]
    with log.open("wb") as out:
        _run_maven([mvn, *goal, "-DincludeScope=runtime"], out.fileno(), log)
    new.rename(folder)


def _run_maven(argv: list[str], out: int, log: Path) -> None:
    try:
        subprocess.run(  # noqa: S603 - argv is ours
            argv, stdout=out, stderr=out, check=True, timeout=DOWNLOAD_SECONDS
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise StartFailed("kafka", f"Maven did not fetch the jars: {error}", log) from error
