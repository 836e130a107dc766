"""The list of rules is what the folders hold, and only a rule's own file knows its id."""

import ast
import importlib
from pathlib import Path

import pytest

from alerts.registry import RULE, RULES
from model.alert import Rule
from tests.rooms import ROOMS, ROOT
from tests.rows import of_type, values_of

_FOLDER = ROOT / "alerts" / "rules"
_FILES = sorted(path for path in _FOLDER.rglob("*.py") if path.stem != "__init__")
# the letter with which the ids of the rules of a folder begin
_LETTERS = {"adherence": "A", "pain": "P", "heart": "H", "data": "D"}


def rule_of(path: Path) -> Rule:
    module = importlib.import_module(f"alerts.rules.{path.parent.name}.{path.stem}")
    rules = of_type(Rule, vars(module).values())
    # a rule may rest on other rules, whose files it names
    (rule,) = [rule for rule in rules if rule.predicate.__module__ == module.__name__]
    return rule


def test_the_list_holds_the_rule_of_each_file_once() -> None:
    assert sorted(values_of(RULES, "id")) == sorted(values_of(map(rule_of, _FILES), "id"))
    assert all(RULE[rule_of(path).id] is rule_of(path) for path in _FILES)
    assert len(set(values_of(RULES, "id"))) == len(RULES) == len(RULE) == len(_FILES) > 1


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_a_file_is_named_after_its_rule_and_lies_with_its_kind(path: Path) -> None:
    assert path.stem.startswith(f"{rule_of(path).id.lower()}_")
    assert rule_of(path).id.startswith(_LETTERS[path.parent.name])


@pytest.mark.slow
def test_nothing_else_names_a_rule_by_its_id() -> None:
    """Besides the rules' own files, only profiles, headers and the cohort's truth name a rule.

    A profile sets figures of rules by their ids. `simulate.truth` may import only the model, and
    the rules are tested against it.
    """
    naming: set[str] = set()
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and node.value in RULE:
                    naming.add(str(path.relative_to(ROOT)))
    own = {str(path.relative_to(ROOT)) for path in _FILES}
    # the summary is printed on paper of the size A4
    elsewhere = {
        "simulate/truth.py",
        "alerts/ruling/profiles.py",
        "clinic/worklist/condition_words.py",
        "clinic/summary/forms.py",
    }
    assert naming == own | elsewhere
