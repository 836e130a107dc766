"""What the door seals opens with the patient's data key and with nothing else."""

import pytest

from model.privacy.sealed_box import BoxError, box_opened, box_private, box_public, box_sealed

_KEY, _OTHER, _ONCE = b"k" * 32, b"o" * 32, b"e" * 32
_BODY = b'{"heart_rate": 71}' * 40


def test_the_patients_key_opens() -> None:
    sealed = box_sealed(box_public(_KEY), _ONCE, _BODY, "raw:p:1")
    assert box_opened(box_private(_KEY), sealed, "raw:p:1") == _BODY
    assert len(sealed) < len(_BODY)  # packed before it was sealed
    assert b"heart_rate" not in sealed


@pytest.mark.parametrize("at", [0, 31, 32, 40, -1])
def test_a_changed_byte_is_noticed(at: int) -> None:
    sealed = bytearray(box_sealed(box_public(_KEY), _ONCE, _BODY, "raw:p:1"))
    sealed[at] ^= 1
    with pytest.raises(BoxError):
        box_opened(box_private(_KEY), bytes(sealed), "raw:p:1")


@pytest.mark.parametrize(
    ("key", "belongs_to", "cut"),
    [(_OTHER, "raw:p:1", 999), (_KEY, "raw:p:2", 999), (_KEY, "raw:p:1", 50), (_KEY, "raw:p:1", 0)],
)
def test_nothing_else_opens(key: bytes, belongs_to: str, cut: int) -> None:
    sealed = box_sealed(box_public(_KEY), _ONCE, _BODY, "raw:p:1")[:cut]
    with pytest.raises(BoxError):
        box_opened(box_private(key), sealed, belongs_to)


def test_neither_the_public_key_nor_what_made_the_box_opens_it() -> None:
    """The door has these two, and must not be able to read what others sent for the patient."""
    sealed = box_sealed(box_public(_KEY), _ONCE, _BODY, "raw:p:1")
    for held in (box_public(_KEY), b"the link key of the tests, 32 by"):
        with pytest.raises(BoxError):
            box_opened(held, sealed, "raw:p:1")
