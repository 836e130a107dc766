"""Makes the pages of a patient who is signed in, and of the way in, from their templates.

A page never names the patient. Templates extend `own.html`.
"""

from starlette.requests import Request
from starlette.responses import HTMLResponse

from model.words.language import N_
from patient.config import patient_door_of
from patient.pages import asset_address, link_languages
from patient.visit import Visit, page_language
from web.languages import LANGUAGE_NAMES

# Address and name of each page in the navigation. The names are worded by the template.
ROOMS: tuple[tuple[str, str], ...] = (
    ("/", N_("Today")),
    ("/data", N_("My data")),
    ("/looked", N_("Who looked")),
)


def door_page(
    request: Request,
    template: str,
    visit: Visit | None = None,
    *,
    status: int = 200,
    **values: object,
) -> HTMLResponse:
    """Return a page; with a visit it has the navigation and can send forms."""
    languages = link_languages()
    language = visit.language if visit else page_language(request)
    text = (
        languages[language]
        .get_template(template)
        .render(
            **values,
            language=language,
            languages=[(code, LANGUAGE_NAMES.get(code, code)) for code in languages],
            clinic=patient_door_of(request).config.clinic,
            rooms=ROOMS,
            here=request.url.path,
            token=visit.form_token if visit else "",
            asset=asset_address,
        )
    )
    return HTMLResponse(text, status, headers={"vary": "accept-language, cookie"})
