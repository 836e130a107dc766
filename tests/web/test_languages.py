"""The language of a page: as a person has chosen, else as the browser asks, else English."""

from pathlib import Path

import pytest

from web.languages import language_for, read_catalogues


@pytest.mark.parametrize(
    ("wanted", "accepted", "language"),
    [
        ("", "", "en"),
        ("", "sv-SE,sv;q=0.9,en;q=0.8", "sv"),
        ("", "sv_FI", "sv"),
        ("", "SV", "sv"),
        ("", "de, sv;q=0.3, en;q=0.2", "sv"),
        ("", "en;q=0.2, sv;q=0.3", "sv"),
        ("", "en, sv", "en"),
        ("", "sv;q=0, en;q=0.1", "en"),
        ("", "sv;q=much, fr", "en"),
        ("", "de,fr", "en"),
        ("", "*", "en"),
        ("", ";;;,,,q=1", "en"),
        ("", "de," * 10_000 + "sv", "en"),
        ("en", "sv", "en"),
        ("sv", "en", "sv"),
        ("de", "sv", "sv"),
        ("../../etc", "", "en"),
    ],
)
def test_the_language_is_chosen(wanted: str, accepted: str, language: str) -> None:
    assert language_for(["en", "sv"], wanted, accepted) == language


def test_a_catalogue_translates_and_what_it_lacks_stays_english(tmp_path: Path) -> None:
    (tmp_path / "sv.po").write_text('msgid "Send"\nmsgstr "Skicka på"\n', encoding="utf-8")
    catalogues = read_catalogues(tmp_path)
    assert list(catalogues) == ["en", "sv"]
    assert catalogues["sv"].gettext("Send") == "Skicka på"
    assert catalogues["sv"].gettext("Pause") == "Pause"
    assert catalogues["en"].gettext("Send") == "Send"
