"""Finds every host that the settings name, and refuses those that are not on the stated list.

The rules are those of `model.privacy.endpoints`. No host is asked, and no text repeats a password
of an address.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from kadens.output.file_errors import file_error
from kadens.settings import Settings, SettingsError
from model.privacy.endpoints import (
    EndpointListError,
    StatedEndpoint,
    UsedEndpoint,
    refused_endpoints,
    stated_endpoints,
)

_NAME = "KADENS_ENDPOINTS"
_WORD = re.compile(r"\b(host|hostaddr)\s*=\s*('[^']*'|\S+)")  # libpq's other form of a DSN
# Where the client of object storage goes when no region is set.
_DEFAULT_REGION = "us-east-1"
_S3 = frozenset({"s3", "s3a"})
# Schemes of which the host is known. Google's and Azure's name a bucket only, and their clients
# take the place from files and variables that nobody states.
_PLACED = _S3 | {"http", "https"}


def read_endpoints(path: str) -> tuple[StatedEndpoint, ...]:
    """Return the stated list of a TOML file, "" for none; raises `SettingsError`."""
    if not path:
        return ()
    try:
        return stated_endpoints(tomllib.loads(Path(path).read_text(encoding="utf-8")))
    except EndpointListError as error:
        raise SettingsError(f"{_NAME}={path}: {error}") from None
    except (OSError, ValueError) as error:
        raise SettingsError(f"{_NAME}={path}: {file_error(error)}") from None


def check_endpoints(settings: Settings, variables: Mapping[str, str]) -> int:
    """Return how many hosts outside this machine are used; raises `SettingsError` for an unstated.

    `variables` are those that the client of object storage reads by itself.
    """
    used = list(used_endpoints(settings, variables))
    refused = refused_endpoints(used, read_endpoints(settings.endpoints))
    if refused:
        names = ", ".join(f"{row.host} ({row.setting})" for row in refused)
        raise SettingsError(
            f"not on the stated list of hosts in the EU or EEA: {names}; "
            f"state each with country, processor and purpose in the file of {_NAME}"
        )
    return len({row.host for row in refused_endpoints(used, ())})


def used_endpoints(settings: Settings, variables: Mapping[str, str]) -> Iterator[UsedEndpoint]:
    """Yield each host that the settings name, with its setting; vendors' own are left out."""
    # The settings are walked one by one, in the order of the page of settings. Vendors are
    # controllers of their own data, and the connectors pin their hosts.
    for server in filter(None, settings.kafka.split(",")):
        yield UsedEndpoint(setting="KADENS_KAFKA", host=_host(server.strip()))
    for host in database_hosts(settings.database):
        yield UsedEndpoint(setting="KADENS_DATABASE", host=host)
    if "://" in settings.bodies and not settings.bodies.startswith(("file://", "memory://")):
        yield UsedEndpoint(setting="KADENS_BODIES", host=_storage(settings.bodies, variables))
    if settings.smtp:
        yield UsedEndpoint(setting="KADENS_SMTP", host=_host(settings.smtp))
    if settings.oidc_issuer:
        yield UsedEndpoint(setting="KADENS_OIDC_ISSUER", host=_host(settings.oidc_issuer))
    if settings.patient_oidc_issuer:
        host = _host(settings.patient_oidc_issuer)
        yield UsedEndpoint(setting="KADENS_PATIENT_OIDC_ISSUER", host=host)
    for receiver in settings.secrets.receivers:
        yield UsedEndpoint(setting=f"receiver {receiver.name}", host=_host(receiver.url))


def database_hosts(dsn: str) -> tuple[str, ...]:
    """Return the hosts of a DSN, as an address or as words, "" or a path for a Unix socket."""
    if "://" not in dsn:
        texts = [value.strip("'") for _, value in _WORD.findall(dsn)]
    else:
        # several hosts may be named, and a parameter of the address overrides them
        parts = urlsplit(dsn)
        texts = [part and _host(part) for part in parts.netloc.rpartition("@")[2].split(",")]
        texts += [value for name, value in parse_qsl(parts.query) if name in {"host", "hostaddr"}]
    hosts: list[str] = []
    for text in texts:
        hosts.extend(unquote(text).split(","))
    return tuple(hosts)


def _storage(url: str, variables: Mapping[str, str]) -> str:
    scheme = url.partition("://")[0].lower()
    if scheme not in _PLACED:
        raise SettingsError(
            f"KADENS_BODIES: {scheme}:// names a bucket and no place, so nothing shows that it is "
            "in the EU or EEA; wanted is a folder, https://HOST/…, or s3:// with AWS_REGION or "
            "AWS_ENDPOINT_URL"
        )
    # S3 names a bucket, not a host: the host follows from the environment, as the client reads it.
    if scheme not in _S3:
        return _host(url)
    for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"):
        if variables.get(name):
            return _host(variables[name])
    region = variables.get("AWS_REGION") or variables.get("AWS_DEFAULT_REGION") or _DEFAULT_REGION
    return f"s3.{region}.amazonaws.com"


def _host(address: str) -> str:
    netloc = urlsplit(address if "://" in address else f"x://{address}").netloc
    authority = netloc.rpartition("@")[2]
    return (
        authority[1:].partition("]")[0] if authority[:1] == "[" else authority.partition(":")[0]
    ).lower()
