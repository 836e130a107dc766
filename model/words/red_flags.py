"""Warning signs that a patient may be asked about, and the text that an answer of yes is met with.

The keys are stored, the texts are shown. The list is that of clinical definition section 4. It says
when to seek care, and diagnoses nothing.
"""

from collections.abc import Mapping

YES_NO_SCALE = "yes-no"  # 0 is no, 1 is yes

RED_FLAGS: Mapping[str, str] = {
    "bladder_or_bowel": "loss of control over bladder or bowel",
    "saddle_numbness": "numbness between the legs",
    "leg_weakness": "growing weakness of a leg",
    "fever_with_pain": "fever with pain",
    "major_trauma": "a severe injury",
    "weight_loss": "loss of weight without a reason",
    "cancer_history": "new pain after cancer",
    "night_pain": "pain at night or when lying down",
    "swollen_calf_or_joint": "a hot, swollen calf or joint",
    "chest_pain": "chest pain",
    "fainting": "fainting",
    "breathless_at_rest": "breathlessness at rest",
    "breathless_more": "more breathlessness over the last days",
}

# What an app shows at once where one of the answers is yes, by language.
IF_RED_FLAG: Mapping[str, str] = {
    "sv": "Ring 112 om det är akut, annars 1177. Vänta inte på svar från vårdgivaren.",
    "en": "Call 112 in an emergency, otherwise 1177. Do not wait for an answer from your clinic.",
}


def sign_words(sign: str) -> str:
    """Return a sign in words; an answer may name none that is known here."""
    return RED_FLAGS.get(sign, "a warning sign")
