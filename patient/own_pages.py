"""Makes the pages of a patient who is signed in, and of the way in, from their templates.

A page never names the patient. Templates extend `own.html`.
"""

from functools import partial
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse

from model.words.language import N_
from patient.config import patient_door_of
from patient.linking.pages import asset_address, link_languages
from patient.visit import Visit, page_language, set_door_cookie
from patient.words import brief_date, full_date, weekday_date
from web.languages import LANGUAGE_COOKIE, LANGUAGE_NAMES
from web.sign_in.code_flow import SIGN_IN_PATH, requested_page

YEAR_S = 365 * 86_400
# Address and name of each page in the navigation. The names are worded by the template.
ROOMS: tuple[tuple[str, str], ...] = (
    ("/", N_("Today")),
    ("/report", N_("Report")),
    ("/sources", N_("Sources")),
    ("/data", N_("My data")),
    ("/looked", N_("Who looked")),
    ("/rights", N_("My rights")),
    ("/block", N_("Other units")),
)


def door_page(
    request: Request,
    template: str,
    visit: Visit | None = None,
    *,
    status: int = 200,
    here: str | None = None,
    **values: object,
) -> HTMLResponse:
    """Return a page; with a visit it has the navigation and can send forms.

    `here` is the address of the page in another language, "" for whatever its address is.
    """
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
            here=request.url.path if here is None else here,
            token=visit.form_token if visit else "",
            sign_in=_sign_in_address(request, language),
            asset=asset_address,
            full_date=partial(full_date, language),
            weekday_date=partial(weekday_date, language),
            brief_date=partial(brief_date, language),
        )
    )
    response = HTMLResponse(text, status, headers={"vary": "accept-language, cookie"})
    # a language that was chosen holds on the next pages too, as it does not in their addresses
    if request.query_params.get("lang", "") in languages:
        door = patient_door_of(request)
        set_door_cookie(door, response, LANGUAGE_COOKIE, language, YEAR_S)
    return response


def _sign_in_address(request: Request, language: str) -> str:
    """Return where the provider's sign-in begins, "" at a door that links alone open."""
    if patient_door_of(request).config.sign_in is None:
        return ""
    # The page that was asked for is shown afterwards, in the language of the page now.
    is_page = request.method in {"GET", "HEAD"}
    wanted = requested_page(request).partition("?")[0] if is_page else "/"
    return f"{SIGN_IN_PATH}?page={quote(f'{wanted}?lang={language}')}"
