"""Warning signs that a patient may be asked about, and the text that an answer of yes is met with.

The keys are stored, the texts are shown. The list is that of clinical definition section 4. It says
when to seek care, and diagnoses nothing.
"""

from collections.abc import Mapping

from model.words.language import N_, translated

YES_NO_SCALE = "yes-no"  # 0 is no, 1 is yes

RED_FLAGS: Mapping[str, str] = {
    "bladder_or_bowel": N_("loss of control over bladder or bowel"),
    "saddle_numbness": N_("numbness between the legs"),
    "leg_weakness": N_("growing weakness of a leg"),
    "fever_with_pain": N_("fever with pain"),
    "major_trauma": N_("a severe injury"),
    "weight_loss": N_("loss of weight without a reason"),
    "cancer_history": N_("new pain after cancer"),
    "night_pain": N_("pain at night or when lying down"),
    "swollen_calf_or_joint": N_("a hot, swollen calf or joint"),
    "chest_pain": N_("chest pain"),
    "fainting": N_("fainting"),
    "breathless_at_rest": N_("breathlessness at rest"),
    "breathless_more": N_("more breathlessness over the last days"),
}

# What an app shows at once where one of the answers is yes, by language.
IF_RED_FLAG: Mapping[str, str] = {
    "sv": "Ring 112 om det är akut, annars 1177. Vänta inte på svar från vårdgivaren.",
    "en": "Call 112 in an emergency, otherwise 1177. Do not wait for an answer from your clinic.",
}


def sign_words(sign: str) -> str:
    """Return a sign in words; an answer may name none that is known here."""
    return translated(RED_FLAGS.get(sign, N_("a warning sign")))
