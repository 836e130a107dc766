"""The upload page as the door serves it: languages, headers, nothing from elsewhere."""

import asyncio
import re
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from ingest.door import Door
from ingest.http import vendor_app
from ingest.uploads.page import LOCALE, TEMPLATES, upload_page
from ingest.uploads.shelf import Shelf
from ingest.uploads.upload import page_address
from web.headers import SECURITY_HEADERS


def _get(door: Door, path: str, **headers: str) -> httpx2.Response:
    async def got() -> httpx2.Response:
        transport = httpx2.ASGITransport(app=vendor_app(door))
        async with httpx2.AsyncClient(transport=transport, base_url="http://door") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(got())


@pytest.fixture
def paged(door: Door, tmp_path: Path) -> Door:
    return replace(door, shelf=Shelf(tmp_path), clinic="<Hjärt & kärl>")


def test_the_page_is_strict_and_loads_only_from_this_door(paged: Door) -> None:
    answer = _get(paged, "/send", **{"accept-language": "sv"})
    assert answer.status_code == 200
    assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert (answer.headers["cache-control"], answer.headers["vary"]) == (
        "no-store",
        "accept-language",
    )
    assert "&lt;Hjärt &amp; kärl&gt;" in answer.text
    addresses = re.findall(r'(?:src|href)="([^"#]+)"', answer.text)
    assert [address for address in addresses if not address.startswith("?lang=")]
    for address in addresses:
        assert address.startswith(("/send/", "?lang=")), address
    assert " style=" not in answer.text
    assert not re.search(r"<script(?! src=| type=\"application/json\")", answer.text)


def test_each_file_of_the_page_is_served_for_ever(paged: Door) -> None:
    page = _get(paged, "/send").text
    for address in set(re.findall(r'"(/send/[^"]+)"', page)):
        answer = _get(paged, address)
        assert answer.status_code == 200
        assert answer.headers["cache-control"].endswith("immutable")
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert _get(paged, "/send/..%2fpage.py").status_code == 404
    assert _get(paged, "/send/send.html").status_code == 404


def test_a_door_without_a_folder_for_uploads_has_no_page(door: Door) -> None:
    assert _get(door, "/send").status_code == 404
    assert _get(door, "/v1/files/uploads").status_code == 404


def _texts() -> set[str]:
    rows = extract_from_dir(TEMPLATES, [("**.html", "jinja2")])
    return {row[2] for row in rows if isinstance(row[2], str)}


def _catalogue(language: str) -> Catalog:
    with (LOCALE / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def test_the_swedish_catalogue_has_each_text_of_the_page_and_no_other() -> None:
    texts = {str(row.id): row for row in _catalogue("sv") if row.id}
    assert set(texts) == _texts()
    for text, row in texts.items():
        assert row.string, text
        assert not row.fuzzy, text
        # names in braces are filled in by the script, those with a percent sign by the template
        names = r"\{\w+\}|%\(\w+\)s"
        assert sorted(re.findall(names, text)) == sorted(re.findall(names, str(row.string)))


def test_a_page_in_one_language_has_nothing_of_the_other() -> None:
    english, swedish = upload_page("en", ""), upload_page("sv", "")
    assert ("Choose files" in english, "Choose files" in swedish) == (True, False)
    assert ("Välj filer" in english, "Välj filer" in swedish) == (False, True)
    assert '<html lang="sv">' in swedish


def test_the_token_stands_in_the_fragment() -> None:
    assert page_address("https://hooks.example.org/", "2.a.b") == (
        "https://hooks.example.org/send#2.a.b"
    )
