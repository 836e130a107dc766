"""The pages of the follow-up summary: to print, to copy as text, and as a PDF."""

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from clinic.api.api_routes import Pseudonym
from clinic.api.summary_routes import PeriodWeeks
from clinic.pages.page_routes import common_context
from clinic.pages.templating import render
from clinic.request_scope import open_scope
from clinic.summary.forms import as_pdf, as_text
from clinic.summary.summarising import USUAL_WEEKS, summarise
from clinic.summary.wording import worded

summary_pages = APIRouter(include_in_schema=False)

PERIODS = (6, 12, 26, 53)  # weeks that the page offers


@summary_pages.get("/patients/{pseudonym}/summary", response_class=HTMLResponse)
async def show_summary_page(
    request: Request, pseudonym: Pseudonym, weeks: PeriodWeeks = USUAL_WEEKS
) -> HTMLResponse:
    """Show the summary of a patient, with the same words as text for the journal."""
    async with open_scope(request) as scope:
        item = await summarise(scope, pseudonym, weeks)
        context = common_context(scope)
    summary = worded(item)
    shown = {
        "item": item,
        "summary": summary,
        "text": as_text(summary),
        "weeks": weeks,
        "periods": PERIODS,
    }
    return render(request, "summary.html", {**context, **shown})


@summary_pages.get("/patients/{pseudonym}/summary.txt", response_class=PlainTextResponse)
async def show_summary_text(
    request: Request, pseudonym: Pseudonym, weeks: PeriodWeeks = USUAL_WEEKS
) -> PlainTextResponse:
    """Return the summary as plain text."""
    async with open_scope(request) as scope:
        item = await summarise(scope, pseudonym, weeks)
    headers = {"cache-control": "no-store"}
    return PlainTextResponse(as_text(worded(item)), headers=headers)


@summary_pages.get("/patients/{pseudonym}/summary.pdf")
async def show_summary_pdf(
    request: Request, pseudonym: Pseudonym, weeks: PeriodWeeks = USUAL_WEEKS
) -> Response:
    """Return the summary as a PDF of one page."""
    async with open_scope(request) as scope:
        item = await summarise(scope, pseudonym, weeks)
    # Laying it out takes long enough to hold up every other request.
    data = await asyncio.to_thread(as_pdf, worded(item), item.made_ms)
    headers = {
        "cache-control": "no-store",
        # A file's name must not name the patient: it stays on the disk of a clinic's computer.
        "content-disposition": 'attachment; filename="follow-up.pdf"',
    }
    return Response(data, media_type="application/pdf", headers=headers)
