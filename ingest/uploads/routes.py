"""The routes of uploads in parts: tus 1.0 with creation, termination and expiration.

Thin: what is decided and kept is in `intake`. Every answer names the version of the protocol, that
of an error too.
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import partial
from http import HTTPStatus

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from ingest.door import Door, Incoming
from ingest.metrics import Metrics
from ingest.problems import Refused, problem_answer, refused
from ingest.uploads import documents, intake
from ingest.uploads.headers import TUS_VERSION, metadata_text, progress_headers
from ingest.uploads.intake import Uploads
from ingest.uploads.shelf import Shelf
from ingest.uploads.upload import Upload
from ingest.vendors.files import FILES
from model.calendar import rfc3339

UPLOADS_PATH = "/v1/files/uploads"
_EXTENSIONS = "creation,expiration,termination"
_OVERRIDE = "x-http-method-override"
_Answer = Callable[[Incoming], Awaitable[Response]]


def install_uploads(app: FastAPI, door: Door, shelf: Shelf, metrics: Metrics) -> None:
    """Add the routes to a door."""
    uploads = Uploads(door=door, shelf=shelf)
    _add_routes_of_all(app, uploads, metrics)
    _add_routes_of_each(app, uploads, metrics)
    _add_override(app, uploads, metrics)


def _add_routes_of_all(app: FastAPI, uploads: Uploads, metrics: Metrics) -> None:
    """Add what is asked without the address of an upload."""
    guarded = partial(_guarded, metrics)

    @app.options(f"{UPLOADS_PATH}/{{upload}}", include_in_schema=False)
    @app.options(UPLOADS_PATH, **documents.OPTIONS)
    async def options() -> Response:
        """Tell the version and the extensions of tus, and the longest upload."""
        longest = str(uploads.door.upload_limits.longest)
        return _empty(
            {"Tus-Version": TUS_VERSION, "Tus-Extension": _EXTENSIONS, "Tus-Max-Size": longest}
        )

    @app.post(UPLOADS_PATH, **documents.CREATE)
    async def create(request: Request) -> Response:
        """Begin an upload of the bearer's patient; Location is its address."""
        return await guarded(request, partial(_create, uploads))

    @app.get(UPLOADS_PATH, **documents.LIST)
    async def uploads_of_patient(request: Request) -> Response:
        """List the uploads of the bearer's patient that are not forgotten yet, the latest first."""
        return await guarded(request, partial(_list, uploads))


def _add_routes_of_each(app: FastAPI, uploads: Uploads, metrics: Metrics) -> None:
    """Add what is asked at the address of an upload."""
    guarded = partial(_guarded, metrics)

    @app.head(f"{UPLOADS_PATH}/{{upload}}", **documents.HEAD)
    async def head(upload: str, request: Request) -> Response:
        """Tell how many bytes of an upload are safe."""
        return await guarded(request, partial(_head, uploads, upload))

    @app.get(f"{UPLOADS_PATH}/{{upload}}", **documents.GET)
    async def show(upload: str, request: Request) -> Response:
        """Tell how far an upload is, and what became of it."""
        return await guarded(request, partial(_show, uploads, upload))

    @app.patch(f"{UPLOADS_PATH}/{{upload}}", **documents.PATCH)
    async def patch(upload: str, request: Request) -> Response:
        """Take the next part of an upload; it is safe up to the offset that is answered."""
        return await guarded(request, partial(_patch, uploads, upload, metrics))

    @app.delete(f"{UPLOADS_PATH}/{{upload}}", **documents.DELETE)
    async def delete(upload: str, request: Request) -> Response:
        """End an upload and drop its bytes, unless they are on their way to the log."""
        return await guarded(request, partial(_delete, uploads, upload))


def _add_override(app: FastAPI, uploads: Uploads, metrics: Metrics) -> None:
    """Add the route of clients that can only post."""

    @app.post(f"{UPLOADS_PATH}/{{upload}}", include_in_schema=False)
    async def override(upload: str, request: Request) -> Response:
        """Do what X-HTTP-Method-Override names, for clients that can only post."""
        # tus: with this header the actual method of a request does not count
        instead: dict[str, _Answer] = {
            "PATCH": partial(_patch, uploads, upload, metrics),
            "DELETE": partial(_delete, uploads, upload),
            "HEAD": partial(_head, uploads, upload),
        }
        method = request.headers.get(_OVERRIDE, "").upper()
        return await _guarded(metrics, request, instead.get(method, _not_allowed))


async def _guarded(metrics: Metrics, request: Request, answer: _Answer) -> Response:
    """Return the answer to a request, or its problem, with the version of the protocol."""
    # from the end, so that of a repeated header the first counts, as at the other routes
    headers = {name: request.headers[name] for name in reversed(request.headers.keys())}
    incoming = Incoming(method=request.method, headers=headers, query={}, stream=request.stream())
    try:
        response = await answer(incoming)
    except Refused as error:
        metrics.refused(FILES.name, error.problem.reason)
        response = problem_answer(error.problem)
    response.headers["Tus-Resumable"] = TUS_VERSION
    response.headers["Cache-Control"] = "no-store"
    return response


async def _create(uploads: Uploads, incoming: Incoming) -> Response:
    upload = await intake.begin_upload(uploads, incoming)
    headers = progress_headers(upload, 0)
    headers["Location"] = f"{UPLOADS_PATH}/{upload.id}"
    return Response(status_code=HTTPStatus.CREATED, headers=headers)


async def _list(uploads: Uploads, incoming: Incoming) -> Response:
    link = uploads.link(incoming)
    kept = await uploads.do(partial(uploads.shelf.of, link.patient))
    return JSONResponse({"uploads": [await _shown(uploads, upload) for upload in kept]})


async def _head(uploads: Uploads, name: str, incoming: Incoming) -> Response:
    _, upload = await uploads.find(incoming, name)
    headers = progress_headers(upload, await uploads.do(partial(uploads.shelf.offset, upload)))
    headers["Upload-Length"] = str(upload.length)
    if metadata := metadata_text(upload):
        headers["Upload-Metadata"] = metadata
    return Response(headers=headers)


async def _show(uploads: Uploads, name: str, incoming: Incoming) -> Response:
    _, upload = await uploads.find(incoming, name)
    return JSONResponse(await _shown(uploads, upload))


async def _shown(uploads: Uploads, upload: Upload) -> dict[str, object]:
    result = await uploads.do(partial(uploads.shelf.result, upload.id))
    return {
        "id": upload.id,
        "filename": upload.filename,
        "mark": upload.mark,
        "length": upload.length,
        "offset": await uploads.do(partial(uploads.shelf.offset, upload)),
        "expires": rfc3339(upload.expires_ms),
        **asdict(result),
    }


async def _patch(uploads: Uploads, name: str, metrics: Metrics, incoming: Incoming) -> Response:
    upload, offset = await intake.take_part(uploads, incoming, name)
    if offset == upload.length:
        metrics.uploaded(upload.length)
    return _empty(progress_headers(upload, offset))


async def _delete(uploads: Uploads, name: str, incoming: Incoming) -> Response:
    await intake.drop(uploads, incoming, name)
    return _empty({})


async def _not_allowed(_incoming: Incoming) -> Response:
    raise refused("method_not_allowed")


def _empty(headers: dict[str, str]) -> Response:
    return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)
