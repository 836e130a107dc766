"""Commands about a patient: accounts at vendors, consents, blocks, restrictions. Data only."""

from kadens.lazy_commands import Entry

_COMMANDS = "kadens.commands"
_TEXTS = "kadens.privacy.consent_text_commands"
PATIENT_COMMANDS: tuple[Entry, ...] = (
    Entry(
        word="patient",
        summary="Patients: add, list, show, link accounts, issue tokens.",
        entries=(
            Entry(
                word="add",
                target=f"{_COMMANDS}.patients:enrol_patient",
                summary="Add a patient and print the pseudonym.",
            ),
            Entry(
                word="list",
                target=f"{_COMMANDS}.patients:list_patients",
                summary="List patients by pseudonym, a page at a time.",
            ),
            Entry(
                word="show",
                target=f"{_COMMANDS}.patients:show_patient",
                summary="Show what is on record about a patient.",
            ),
            Entry(
                word="link",
                target=f"{_COMMANDS}.accounts:link_patient_account",
                summary="Link a vendor's account to a patient.",
            ),
            Entry(
                word="unlink",
                target=f"{_COMMANDS}.accounts:unlink_patient_account",
                summary="End the link between a vendor's account and a patient.",
            ),
            Entry(
                word="profile",
                target=f"{_COMMANDS}.prescriptions:set_heart_profile",
                summary="Set what a patient's heart rate zones are computed from.",
            ),
            Entry(
                word="zone",
                target=f"{_COMMANDS}.patients:set_time_zone",
                summary="Set the time zone of a patient's days and weeks, after a move.",
            ),
            Entry(
                word="door-link",
                target="kadens.fetching.door_links:make_door_link",
                summary="Print a link with which a patient signs in once.",
            ),
            Entry(
                word="identity",
                target="kadens.privacy.identities:record_identity",
                summary="Record the personal number by which a patient signs in.",
            ),
            Entry(
                word="token",
                target=f"{_COMMANDS}.links:issue_link_token",
                summary="Issue a link token, and print it and the upload page's address.",
            ),
            Entry(
                word="tokens",
                target=f"{_COMMANDS}.links:list_link_tokens",
                summary="List a patient's link tokens, without the tokens themselves.",
            ),
            Entry(
                word="revoke",
                target=f"{_COMMANDS}.links:revoke_link_tokens",
                summary="Revoke one of a patient's link tokens, or all of them.",
            ),
        ),
    ),
    Entry(
        word="consent",
        summary="Consent to a source or to messages: give, withdraw, texts.",
        entries=(
            Entry(
                word="give",
                target="kadens.privacy.consenting:record_consent",
                summary="Record that a patient consents to a source, or to messages.",
            ),
            Entry(
                word="withdraw",
                target="kadens.privacy.consenting:record_withdrawal",
                summary="Record that a patient withdrew such a consent.",
            ),
            Entry(
                word="text",
                summary="Texts that patients agree to: add, list, show.",
                entries=(
                    Entry(
                        word="add",
                        target=f"{_TEXTS}:add_consent_text",
                        summary="Add a version of a text that patients agree to.",
                    ),
                    Entry(
                        word="list",
                        target=f"{_TEXTS}:list_consent_texts",
                        summary="List the texts that patients agree to, with their versions.",
                    ),
                    Entry(
                        word="show",
                        target=f"{_TEXTS}:show_consent_text",
                        summary="Show a version of a text: what it says, and for what.",
                    ),
                ),
            ),
        ),
    ),
    Entry(
        word="block",
        summary="Blocks between care units, and whom units share.",
        entries=(
            Entry(
                word="list",
                target="kadens.privacy.blocking:list_unit_blocks",
                summary="List blocks, and the openings to follow up.",
            ),
            Entry(
                word="set",
                target="kadens.privacy.blocking:set_unit_block",
                summary="Block a patient's data for other units, at the patient's demand.",
            ),
            Entry(
                word="lift",
                target="kadens.privacy.blocking:lift_unit_block",
                summary="Lift a patient's block, with the patient's consent.",
            ),
            Entry(
                word="review",
                target="kadens.privacy.blocking:review_opened_block",
                summary="Note what the follow-up of an opening came to.",
            ),
            Entry(
                word="share",
                target="kadens.privacy.blocking:share_with_unit",
                summary="Let another care unit read a patient.",
            ),
            Entry(
                word="unshare",
                target="kadens.privacy.blocking:unshare_with_unit",
                summary="End that another care unit reads a patient.",
            ),
        ),
    ),
    Entry(
        word="restrict",
        summary="Restrict a patient's data: kept and not used until lifted.",
        entries=(
            Entry(
                word="add",
                target="kadens.privacy.restricting:add_restricted",
                summary="Restrict what was measured in an interval.",
            ),
            Entry(
                word="list",
                target="kadens.privacy.restricting:list_all",
                summary="List a patient's restrictions and objections.",
            ),
            Entry(
                word="notice",
                target="kadens.privacy.restricting:give_notice",
                summary="Record that the patient was given notice of a lifting.",
            ),
            Entry(
                word="lift",
                target="kadens.privacy.restricting:lift_restricted",
                summary="Lift a restriction, after the patient was given notice of it.",
            ),
        ),
    ),
    Entry(
        word="objection",
        summary="A patient's objection to processing: record, answer.",
        entries=(
            Entry(
                word="record",
                target="kadens.privacy.restricting:record_objected",
                summary="Record that a patient objects to processing, which pauses it.",
            ),
            Entry(
                word="answer",
                target="kadens.privacy.restricting:answer_objected",
                summary="Record the ground that overrides an objection: processing goes on.",
            ),
        ),
    ),
)
