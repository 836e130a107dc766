"""A patient reports in a real browser without scripts: few taps, by keyboard, in both languages."""

import time
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from model.facts import Instrument, Phase, Report
from model.words.red_flags import IF_RED_FLAG
from parsers.reports import parse_reports
from tests.browser.chromium import NEEDS_CHROMIUM
from tests.browser.own_door import own_browser, own_world, too_wide
from tests.patient.link_world import LinkWorld

__all__ = ["own_world"]
pytestmark = NEEDS_CHROMIUM
_MOST_TAPS, _MOST_SECONDS = 6, 20


class _Words(NamedTuple):
    """What the page says in a language."""

    report: str
    during: str
    morning: str
    hard: str
    day: str
    fair: str
    send: str
    signs: str
    chest: str
    thanks: str
    manual: str
    pain: str
    away: str
    today: str
    week: str
    times: str


_TEXTS = {
    "en": _Words(
        "Report", "Pain during exercise", "Pain the next morning", "How hard was it?",
        "How are you today?", "Fair", "I agree, send", "Warning signs", "Chest pain", "Thank you",
        "Exercise without a watch", "More about pain", "Your answers have not arrived", "Today",
        "Your week", "How many times did you exercise last week, from Monday to Sunday?",
    ),
    "sv": _Words(
        "Rapportera", "Smärta under träningen", "Smärta morgonen efter",
        "Hur ansträngande var det?", "Hur mår du i dag?", "Så där", "Jag samtycker, skicka",
        "Varningstecken", "Bröstsmärta", "Tack", "Träning utan klocka", "Mer om smärta",
        "Dina svar har inte kommit fram", "I dag", "Din vecka",
        "Hur många gånger tränade du förra veckan, måndag till söndag?",
    ),
}  # fmt: skip


@pytest.fixture(params=[360, 1280])
def width(request: pytest.FixtureRequest) -> int:
    number: int = request.param
    return number


@pytest.fixture(params=["en", "sv"])
def texts(request: pytest.FixtureRequest) -> _Words:
    return _TEXTS[request.param]


@pytest.fixture
def page(browser: Browser, own_world: LinkWorld, width: int, texts: _Words) -> Iterator[Page]:
    language = next(code for code, words in _TEXTS.items() if words is texts)
    own_world.log.up = True
    own_world.log.events.clear()
    with own_browser(browser, own_world, width, language) as made:
        yield made
    own_world.log.up = True
    # the next test is of a patient who has not agreed yet
    own_world.change("delete from consent where vendor = 'reports'")


def _answer(page: Page, question: str, answer: str) -> Locator:
    group = page.get_by_role("group", name=question)
    return group.get_by_role("radio", name=answer, exact=True)


def _sent(served: LinkWorld) -> list[Report]:
    (event,) = served.log.events
    return [fact for fact in parse_reports(served.answers(event)).facts if isinstance(fact, Report)]


def test_the_usual_report_takes_six_taps(page: Page, own_world: LinkWorld, texts: _Words) -> None:
    taps = [
        page.locator(".rooms").get_by_role("link", name=texts.report),
        _answer(page, texts.during, "4"),
        _answer(page, texts.morning, "2"),
        _answer(page, texts.hard, "5"),
        _answer(page, texts.day, texts.fair),
        page.get_by_role("button", name=texts.send),
    ]
    assert len(taps) <= _MOST_TAPS
    began = time.monotonic()
    for tap in taps:
        tap.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(texts.thanks)
    assert time.monotonic() - began < _MOST_SECONDS
    assert too_wide(page) == []
    read = [(row.instrument, row.phase, row.value) for row in _sent(own_world)]
    assert read == [
        (Instrument.PAIN, Phase.DURING, 4),
        (Instrument.PAIN, Phase.NEXT_MORNING, 2),
        (Instrument.EXERTION, Phase.NONE, 5),
        (Instrument.DAY_FORM, Phase.NONE, 3),
    ]
    # the newest session is meant without a tap
    assert {row.session for row in _sent(own_world)} == {"fit:p-pain:2026-11-22", ""}


def test_place_week_and_equipment_are_asked_too(
    page: Page, own_world: LinkWorld, texts: _Words
) -> None:
    page.goto("/report")
    _answer(page, texts.during, "4").click()
    page.locator("#site").select_option("left knee")
    page.get_by_text(texts.week).click()
    _answer(page, texts.times, "2").click()
    page.locator("summary").last.click()
    page.locator("input[name=equipment][value=poles]").check()
    assert too_wide(page) == []
    page.get_by_role("button", name=texts.send).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(texts.thanks)
    pain, week = _sent(own_world)
    assert (pain.value, pain.site, pain.equipment) == (4, "left knee", ("poles",))
    assert (week.instrument, week.value, week.scale) == (Instrument.WEEK, 2, "sessions-this-week")


def test_a_week_without_a_watch_takes_six_taps(
    browser: Browser, own_world: LinkWorld, width: int, texts: _Words
) -> None:
    own_world.log.events.clear()
    language = next(code for code, words in _TEXTS.items() if words is texts)
    with own_browser(browser, own_world, width, language, own_world.patient()) as page:
        taps = [
            page.locator(".rooms").get_by_role("link", name=texts.report),
            _answer(page, texts.times, "3"),
            page.locator("input[name=pain_none][value='4']"),
            _answer(page, texts.hard, "5"),
            _answer(page, texts.day, texts.fair),
            page.get_by_role("button", name=texts.send),
        ]
        assert len(taps) <= _MOST_TAPS
        for tap in taps:
            tap.click()
        expect(page.get_by_role("heading", level=1)).to_have_text(texts.thanks)
    assert {(row.instrument, row.value) for row in _sent(own_world)} == {
        (Instrument.WEEK, 3),
        (Instrument.PAIN, 4),
        (Instrument.EXERTION, 5),
        (Instrument.DAY_FORM, 3),
    }


def test_each_answer_is_large_enough_for_a_thumb(page: Page, texts: _Words) -> None:
    page.goto("/report")
    page.get_by_text(texts.pain).click()
    page.get_by_text(texts.week).click()
    boxes = [label.bounding_box() for label in page.locator(".scale label").all()]
    # pain in four phases, exertion, form of the day, and the times in the week
    assert len(boxes) == 4 * 11 + 11 + 5 + 11
    assert [box for box in boxes if not box or box["width"] < 40 or box["height"] < 44] == []


def test_a_sign_is_answered_before_anything_is_sent(
    page: Page, own_world: LinkWorld, texts: _Words
) -> None:
    page.goto("/report")
    # seen without a tap: who has a sign does not look for a question that is folded away
    expect(page.get_by_role("heading", name=texts.signs)).to_be_visible()
    expect(page.get_by_label(texts.chest, exact=True)).to_be_visible()
    expect(page.locator(".urgent")).to_be_hidden()
    page.get_by_label(texts.chest, exact=True).check()
    language = page.locator("html").get_attribute("lang") or ""
    expect(page.locator(".urgent")).to_be_visible()
    expect(page.locator(".urgent")).to_have_text(IF_RED_FLAG[language])
    assert own_world.log.events == []
    page.get_by_role("button", name=texts.send).click()
    expect(page.get_by_role("alert")).to_have_text(IF_RED_FLAG[language])
    (sign,) = _sent(own_world)
    assert (sign.instrument, sign.reason, sign.value) == (Instrument.RED_FLAG, "chest_pain", 1)


def test_a_session_without_a_watch_survives_a_log_that_is_down(
    page: Page, own_world: LinkWorld, texts: _Words
) -> None:
    own_world.log.up = False
    page.goto("/report")
    page.get_by_text(texts.manual).click()
    page.locator("#activity").select_option("cycling")
    page.locator("#day").select_option("2026-11-21")
    page.locator("#start").fill("10:30")
    page.locator("#minutes").fill("45")
    page.get_by_role("button", name=texts.send).click()
    expect(page.get_by_role("alert")).to_contain_text(texts.away)
    expect(page.locator("#start")).to_have_value("10:30")
    assert too_wide(page) == []
    own_world.log.up = True
    page.locator(".report .main-button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(texts.thanks)
    (session,) = _sent(own_world)
    assert (session.instrument, session.type) == (Instrument.SESSION, "cycling")


def test_a_report_needs_no_mouse(page: Page, own_world: LinkWorld, texts: _Words) -> None:
    page.goto("/report")
    page.locator("#session").focus()
    page.keyboard.press("Tab")
    # one stop a scale: the arrows choose within it
    page.keyboard.press("Space")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(_answer(page, texts.during, "3")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(_answer(page, texts.morning, "0")).to_be_checked()
    page.locator(".report .main-button").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(texts.thanks)
    assert [row.value for row in _sent(own_world)] == [3, 0]
