"""Commands that ask: requests, stored data, alerts, duty, messages, dead letters. Data only."""

from kadens.lazy_commands import Entry

_COMMANDS = "kadens.commands"
QUESTION_COMMANDS: tuple[Entry, ...] = (
    Entry(
        word="rights",
        summary="Patients' requests about their rights: list, show, answer.",
        entries=(
            Entry(
                word="open",
                target="kadens.privacy.commands:open_rights_request",
                summary="Write down what a patient asks for; print its due date.",
            ),
            Entry(
                word="list",
                target="kadens.privacy.commands:list_rights_requests",
                summary="List patients' requests, and mark what is overdue.",
            ),
            Entry(
                word="show",
                target="kadens.privacy.handling.showing_requests:show_rights_request",
                summary="Show a request in full, and the commands that carry it out.",
            ),
            Entry(
                word="take",
                target="kadens.privacy.commands:take_rights_request",
                summary="Take a request to handle it, also from somebody else.",
            ),
            Entry(
                word="answer",
                target="kadens.privacy.commands:answer_rights_request",
                summary="Close a request with what was answered.",
            ),
            Entry(
                word="refuse",
                target="kadens.privacy.commands:refuse_rights_request",
                summary="Close a request with the ground of its refusal.",
            ),
            Entry(
                word="access",
                target="kadens.privacy.access_command:write_access_file",
                summary="Write all about a patient, and the register, to a ZIP file.",
            ),
            Entry(
                word="portability",
                target="kadens.privacy.portable_command:write_portable_file",
                summary="Write what a patient supplied, in open formats.",
            ),
        ),
    ),
    Entry(
        word="query",
        summary="A patient's data: timeline, sessions, days, weeks.",
        entries=(
            Entry(
                word="timeline",
                target=f"{_COMMANDS}.query:query_timeline",
                summary="Show one metric over time; the last four weeks by default.",
            ),
            Entry(
                word="sessions",
                target=f"{_COMMANDS}.query:query_sessions",
                summary="List sessions, newest first; all of them by default.",
            ),
            Entry(
                word="days",
                target=f"{_COMMANDS}.query:query_days",
                summary="List dates, each with its state.",
            ),
            Entry(
                word="weeks",
                target=f"{_COMMANDS}.query:query_weeks",
                summary="List weeks with their adherence (done over due).",
            ),
        ),
    ),
    Entry(
        word="alerts",
        target="kadens.delivering.alert_commands:list_alerts",
        summary="List open alerts of a care unit, or all of a patient.",
        entries=(
            Entry(
                word="show",
                target="kadens.delivering.alert_commands:show_alert",
                summary="Show why an alert arose, and what became of it.",
            ),
        ),
    ),
    Entry(
        word="messages",
        target="kadens.delivering.message_commands:list_messages",
        summary="List messages that wait or were given up, and why.",
        entries=(
            Entry(
                word="retry",
                target="kadens.delivering.message_commands:retry_dead_messages",
                summary="Send messages again that were given up.",
            ),
            Entry(
                word="drop",
                target="kadens.delivering.message_commands:drop_dead_messages",
                summary="Remove messages that were given up.",
            ),
        ),
    ),
    Entry(
        word="reach",
        target="kadens.delivering.reach_commands:reach_clinician",
        summary="Set how a clinician is reached, and when not.",
    ),
    Entry(
        word="duty",
        target="kadens.delivering.duty_commands:show_duty",
        summary="Show who is on duty in a care unit, and who is away.",
        entries=(
            Entry(
                word="set",
                target="kadens.delivering.duty_commands:set_duty_of_unit",
                summary="Set working hours, line and on-call of a care unit.",
            ),
            Entry(
                word="away",
                target="kadens.delivering.duty_commands:add_absence_of",
                summary="Write down that a clinician is away, and who covers.",
            ),
            Entry(
                word="back",
                target="kadens.delivering.duty_commands:end_absence_of",
                summary="End the absence of a clinician who is back.",
            ),
        ),
    ),
    Entry(
        word="digest",
        target=f"{_COMMANDS}.digest:print_digests",
        summary="Print one SHA-256 per table, to compare two runs.",
    ),
    Entry(
        word="dead",
        target=f"{_COMMANDS}.dead:summarise_letters",
        summary="Dead letters: bodies that could not be read.",
        entries=(
            Entry(
                word="list",
                target=f"{_COMMANDS}.dead:list_letters",
                summary="Count dead letters by class and connector, and list the newest.",
            ),
            Entry(
                word="show",
                target=f"{_COMMANDS}.dead:show_letter",
                summary="Show one dead letter: its reasons and its message's headers.",
            ),
            Entry(
                word="retry",
                target=f"{_COMMANDS}.dead:retry_letters",
                summary="Send bodies again, as they were received, to be read anew.",
            ),
            Entry(
                word="drop",
                target=f"{_COMMANDS}.dead:drop_letters",
                summary="Take letters off the list, and remove their bodies.",
            ),
        ),
    ),
)
