"""The texts that the scripts of the pages show, in the reader's language. Data only.

A page holds them as JSON in its element `script-words`. A script must never show another text.
"""

from model.words.language import N_, translated

_TEXTS: dict[str, str] = {
    "live": N_("Live"),
    "poll": N_("Refreshing now and then"),
    "lost": N_("Not in touch"),
    "left": N_(
        "You are signed out. What you had not sent is still here: send it, and you are told how to "
        "sign in again."
    ),
    "minutes": N_("minutes"),
    "minutes_short": N_("min"),
    "prescribed": N_("Prescribed"),
    "prescribed_minutes": N_("Prescribed minutes"),
    "dose": N_("Dose"),
    "dose_long": N_("Dose: moderate + 2 × vigorous"),  # noqa: RUF001 - as in the legend
    "prescribed_dose": N_("Prescribed dose"),
    "pain": N_("pain, NRS"),
    "no_data": N_("No data"),
    "paused": N_("Paused"),
    "heart_rate": N_("Heart rate"),
    "since_start": N_("time since the start"),
    "beats": N_("beats a minute"),
}


def script_words() -> dict[str, str]:
    """Return each text by its name in the scripts."""
    return {name: translated(text) for name, text in _TEXTS.items()}
