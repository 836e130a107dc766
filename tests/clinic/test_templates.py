"""Every function that a template calls is there: types are not checked in templates."""

import re
from pathlib import Path
from types import ModuleType

import pytest

from clinic.pages import session_words, words
from tests.rooms import ROOT

MODULES: dict[str, ModuleType] = {"words": words, "session_words": session_words}
CALL = re.compile(rf"\b({'|'.join(MODULES)})\.([A-Za-z_]+)")
PAGES = sorted((ROOT / "clinic" / "templates").glob("*.html"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_template_calls_is_there(page: Path) -> None:
    calls = set(CALL.findall(page.read_text(encoding="utf-8")))
    assert [
        f"{module}.{name}" for module, name in calls if not hasattr(MODULES[module], name)
    ] == []
