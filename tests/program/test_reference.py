"""The generated pages of docs/ are what the code makes of them, and every setting is explained."""

from pathlib import Path

import pytest

from kadens.reference import DOCS, reference_pages, write_pages
from kadens.settings import Settings
from kadens.settings_table import SETTINGS_TABLE

_PAGES = reference_pages()


@pytest.mark.parametrize("name", _PAGES)
def test_a_page_is_what_the_code_makes(name: str) -> None:
    written = (DOCS / name).read_text(encoding="utf-8")
    assert written == _PAGES[name], "run `make docs`"


def test_every_setting_is_explained_and_nothing_else_is() -> None:
    assert list(SETTINGS_TABLE) == [
        name for name in Settings.__dataclass_fields__ if name != "secrets"
    ]


def test_the_pages_name_commands_options_and_defaults() -> None:
    assert "## kadens patient show\n" in _PAGES["commands.md"]
    assert "| `--days` | For how many days the token holds. | `365` |" in _PAGES["commands.md"]
    assert "| `KADENS_VENDOR_PORT` | int | `8801` |" in _PAGES["settings.md"]


def test_the_pages_are_written_into_a_folder(tmp_path: Path) -> None:
    write_pages(tmp_path, {"a.md": "text\n"})
    assert (tmp_path / "a.md").read_text(encoding="utf-8") == "text\n"
