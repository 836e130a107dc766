"""What the OpenAPI document of the vendor door says of uploads in parts. Data only."""

from typing import Any

from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from ingest.openapi import INTAKE, Described, problems
from ingest.uploads.headers import OFFSET_STREAM, TUS_VERSION
from ingest.uploads.upload import UploadRefusal, UploadState

_LINK: list[Described] = [{"link": []}]
_LINK_PROBLEMS = ("link", "token_rate", "log")


class UploadShown(BaseModel):
    """An upload: how far it is, and what became of the file.

    A file is cut into pieces, each of which is stored, known already or refused. Nothing of a file
    is received before its state says so: `receiving`, `held`, then `received` and `done`.
    """

    id: str
    filename: str
    mark: str = Field(description="the sender's own mark of the file, from Upload-Metadata")
    length: int = Field(ge=1, description="bytes of the complete file")
    offset: int = Field(ge=0, description="bytes that are safe")
    expires: str = Field(description="when an incomplete upload is removed")
    state: UploadState = Field(
        description="receiving: bytes are missing. held: complete here, not yet on the log. "
        "received: on the log. done: read. refused: nothing was taken"
    )
    sha256: str = Field(description="of the file as it came, empty until it is on the log")
    pieces: int = Field(ge=0)
    stored: int = Field(ge=0, description="pieces that are new")
    known: int = Field(ge=0, description="pieces that were stored before")
    refused: int = Field(ge=0, description="pieces of which nothing is kept")
    waiting: int = Field(ge=0, description="pieces that nobody has read yet")
    refusals: list[UploadRefusal] = Field(description="what is not stored, and why")
    left_out: list[UploadRefusal] = Field(
        description="what is not read here and is no loss, such as pictures and settings"
    )


class UploadsShown(BaseModel):
    """The uploads of a patient, the latest first."""

    uploads: list[UploadShown]


def _header(name: str, text: str, **schema: Any) -> Described:  # noqa: ANN401 - of JSON Schema
    kept = {"type": "string", **schema}
    return {"name": name, "in": "header", "required": True, "description": text, "schema": kept}


_VERSION = _header("Tus-Resumable", "the version of tus", enum=[TUS_VERSION])
_LENGTH = _header("Upload-Length", "bytes of the complete file", pattern="^[0-9]{1,15}$")
_OFFSET = _header("Upload-Offset", "where the part begins", pattern="^[0-9]{1,15}$")
_METADATA = {
    **_header(
        "Upload-Metadata",
        "pairs of a key and its value in base64, with commas between: `filename`, `sha256` (hex, "
        "compared with the complete file), `mark` (a text of the sender's own), `time-zone` (the "
        "IANA zone of local times without an offset in the file)",
    ),
    "required": False,
}
_PART: Described = {
    "required": True,
    "content": {OFFSET_STREAM: {"schema": {"type": "string", "format": "binary"}}},
}


def _route(
    status: int,
    text: str,
    reasons: tuple[str, ...],
    *parameters: Described,
    **rest: Any,  # noqa: ANN401
) -> dict[str, Any]:
    return {
        "status_code": status,
        "tags": ["uploads"],
        "response_class": Response,
        "response_description": text,
        "responses": problems(*reasons),
        "openapi_extra": {"parameters": list(parameters), "security": _LINK, **rest},
    }


_KNOWN = ("unknown_upload", *_LINK_PROBLEMS, "upload_room")
OPTIONS = {**_route(204, "What this door offers; in headers.", ()), "openapi_extra": {}}
CREATE = _route(
    201,
    "The upload begins; Location is its address.",
    (
        "upload_length",
        "upload_metadata",
        "empty",
        "tus_version",
        "too_large",
        "upload_share",
        "upload_room",
        *_LINK_PROBLEMS,
    ),
    _VERSION,
    _LENGTH,
    _METADATA,
)
LIST = {
    **_route(200, "The uploads.", (*_LINK_PROBLEMS, "upload_room", "unknown_upload")),
    "response_class": JSONResponse,
    "response_model": UploadsShown,
}
HEAD = _route(200, "Upload-Offset is what is safe.", ("tus_version", *_KNOWN), _VERSION)
GET = {
    **_route(200, "The upload.", _KNOWN),
    "response_class": JSONResponse,
    "response_model": UploadShown,
}
PATCH = _route(
    204,
    "Safe up to Upload-Offset.",
    (
        "upload_offset",
        "upload_offset_differs",
        "upload_type",
        "upload_locked",
        "tus_version",
        *_KNOWN,
        *INTAKE,
    ),
    _VERSION,
    _OFFSET,
    requestBody=_PART,
)
DELETE = _route(204, "Its bytes are gone.", ("tus_version", "upload_locked", *_KNOWN), _VERSION)
