"""HAPI's validator with the definitions of R4, from the Maven repository.

It runs with KADENS_TEST_HAPI=1, which downloads 100 MB once, or when its jars are in the cache
already. KADENS_TEST_HAPI=0 leaves it out even then.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from kadens.embedded.kafka_jars import JAVA_NEEDED, default_cache, java_version

RELEASE = "8.0.0"
_WISH = "KADENS_TEST_HAPI"
_PROGRAM = Path(__file__).with_name("Validate.java")
_ARTIFACTS = (
    f"ca.uhn.hapi.fhir:hapi-fhir-validation:{RELEASE}",
    f"ca.uhn.hapi.fhir:hapi-fhir-structures-r4:{RELEASE}",
    f"ca.uhn.hapi.fhir:hapi-fhir-validation-resources-r4:{RELEASE}",
    f"ca.uhn.hapi.fhir:hapi-fhir-caching-caffeine:{RELEASE}",
    "org.slf4j:slf4j-nop:2.0.16",
)
_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>kadens</groupId><artifactId>fhir-validation</artifactId><version>1</version>
<packaging>pom</packaging><dependencies>{}</dependencies></project>"""
_DEPENDENCY = (
    "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>"
)


def why_absent() -> str | None:
    """Tell why the validator does not run here, or None when it does."""
    wish = os.environ.get(_WISH, "")
    if wish == "0":
        return f"{_WISH}=0"
    if not wish and not jar_folder().is_dir():
        return f"HAPI is not in {default_cache()}; {_WISH}=1 fetches it (100 MB) and runs it"
    java = shutil.which("java")
    if java is None or java_version(java) < JAVA_NEEDED:
        return f"HAPI's validator needs Java {JAVA_NEEDED}"
    if not jar_folder().is_dir() and shutil.which("mvn") is None:
        return "HAPI is fetched by Maven, which is not here"
    return None


def jar_folder() -> Path:
    return default_cache() / f"hapi-{RELEASE}"


def fetch_jars() -> None:
    """Fetch the jars into a folder beside the final one and rename it, so it is complete."""
    new = jar_folder().with_name(jar_folder().name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    pom = new / "pom.xml"
    rows = (_DEPENDENCY.format(*artifact.split(":")) for artifact in _ARTIFACTS)
    pom.write_text(_POM.format("".join(rows)), encoding="utf-8")
    goal = ["-q", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={new}"]
    subprocess.run(["mvn", *goal], check=True, timeout=280, cwd="/")
    new.rename(jar_folder())


def errors_in(files: Sequence[Path]) -> list[str]:
    """Return a line for each error that the validator finds in files of FHIR R4."""
    if not jar_folder().is_dir():
        fetch_jars()
    words = ["java", "-cp", f"{jar_folder()}/*", str(_PROGRAM), *map(str, files)]
    shown = subprocess.run(words, check=True, capture_output=True, text=True, timeout=280).stdout
    assert shown.count("dom-6") >= len(files)  # it has looked: we write no narrative
    return [line for line in shown.splitlines() if line.startswith(("ERROR", "FATAL"))]
