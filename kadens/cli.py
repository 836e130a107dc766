"""The program `kadens`: the table of its commands. Their code is in `commands` and `derivation`."""

import gc
from typing import Annotated, Any

import typer

from kadens.embedded.process import no_threads_for_algebra, private_files
from kadens.lazy_commands import Entry, LazyGroup, run_because

_COMMANDS = "kadens.commands"
_TEXTS = "kadens.privacy.consent_text_commands"
_PRESCRIBING = "kadens.prescribing.prescription_commands"
_LONGEST_REASON = 200
COMMANDS: tuple[Entry, ...] = (
    Entry(
        word="up",
        target=f"{_COMMANDS}.processes:run_everything",
        summary="Run log, database, doors and worker on this machine.",
    ),
    Entry(
        word="door",
        summary="Run one of the three doors.",
        entries=(
            Entry(
                word="vendor",
                target=f"{_COMMANDS}.processes:serve_vendor_door",
                summary="Run the vendor door: verify pushed bodies, append them to Kafka.",
            ),
            Entry(
                word="clinic",
                target=f"{_COMMANDS}.processes:serve_clinic_door",
                summary="Run the clinician door: worklist, patient pages, API.",
            ),
            Entry(
                word="patient",
                target=f"{_COMMANDS}.processes:serve_patient_door",
                summary="Run the patient door: pages to connect accounts.",
            ),
        ),
    ),
    Entry(
        word="worker",
        target=f"{_COMMANDS}.processes:start_worker_process",
        summary="Run a worker: normalise, derive, judge, deliver.",
    ),
    Entry(
        word="uploads",
        target=f"{_COMMANDS}.processes:bring_uploads",
        summary="Run the process that brings uploads in parts to the log.",
    ),
    Entry(
        word="fetcher",
        target=f"{_COMMANDS}.processes:start_fetcher_process",
        summary="Run a fetcher: ask vendors for what they announced.",
    ),
    Entry(
        word="migrate",
        target=f"{_COMMANDS}.processes:migrate_all",
        summary="Update the database schema, and create missing topics.",
    ),
    Entry(
        word="doctor",
        target=f"{_COMMANDS}.doctor:check_installation",
        summary="Check every dependency, and say what to do if one fails.",
    ),
    Entry(
        word="inspect",
        target=f"{_COMMANDS}.inspecting:inspect_file",
        summary="Show what a payload holds: workouts, samples and problems.",
    ),
    Entry(
        word="derive",
        target="kadens.derivation.command:derive_file",
        summary="Derive one patient from bodies, without a server.",
    ),
    Entry(
        word="simulate",
        target="kadens.scoring.commands:simulate_cohort",
        summary="Make a cohort of invented people with known truth.",
    ),
    Entry(
        word="score",
        target="kadens.scoring.commands:score_cohort",
        summary="Play a cohort into a fresh system, and compare the truth.",
    ),
    Entry(
        word="play",
        target="kadens.playing.command:play_cohort",
        summary="Send a cohort through the doors of a running system.",
    ),
    Entry(
        word="record",
        target=f"{_COMMANDS}.inspecting:record_case",
        summary="Record a payload as a case for the tests of its reader.",
    ),
    Entry(
        word="record-request",
        target=f"{_COMMANDS}.recording:record_request",
        summary="Record a request at the vendor door as a case.",
    ),
    Entry(
        word="import",
        target=f"{_COMMANDS}.files:import_files",
        summary="Send files through the vendor door, in the patient's name.",
    ),
    Entry(
        word="watch",
        target="kadens.importing.watching:watch_folder",
        summary="Import what is put into a folder, through the vendor door.",
    ),
    Entry(
        word="send",
        target=f"{_COMMANDS}.sending:send_as_vendor",
        summary="Play a vendor: sign a body as it would, and post it.",
    ),
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
    Entry(
        word="account",
        summary="Patients' accounts here: list, warn, close, reopen, erase.",
        entries=(
            Entry(
                word="list",
                target="kadens.privacy.account_commands:list_lives",
                summary="List accounts: how long each is open, or since when closed.",
            ),
            Entry(
                word="warnings",
                target="kadens.privacy.account_commands:list_warnings",
                summary="List whom a warning went to, or whom the clinic writes to.",
            ),
            Entry(
                word="close",
                target="kadens.privacy.account_commands:close_life",
                summary="Close a patient's account, because the patient wants it.",
            ),
            Entry(
                word="reopen",
                target="kadens.privacy.account_commands:reopen_life",
                summary="Open a closed account again.",
            ),
            Entry(
                word="erase",
                target="kadens.privacy.account_commands:erase_closed",
                summary="Erase the accounts whose time after the closing is over.",
            ),
        ),
    ),
    Entry(
        word="support",
        summary="Support cases, and who may look because of them.",
        entries=(
            Entry(
                word="open",
                target="kadens.privacy.support_commands:open_case",
                summary="Write down a case about a patient; print its number.",
            ),
            Entry(
                word="list",
                target="kadens.privacy.support_commands:list_cases",
                summary="List the cases that are open.",
            ),
            Entry(
                word="close",
                target="kadens.privacy.support_commands:close_case",
                summary="Close a case, and end every access because of it.",
            ),
            Entry(
                word="access",
                target="kadens.privacy.support_commands:give_access",
                summary="Let support staff see a patient's data for some hours.",
            ),
        ),
    ),
    Entry(
        word="statistics",
        target="kadens.privacy.statistics_command:print_statistics",
        summary="Print users and training hours of a month.",
    ),
    Entry(
        word="connect",
        target="kadens.fetching.connecting:connect_account",
        summary="Print a link to connect a patient's account at a vendor.",
    ),
    Entry(
        word="connections",
        target="kadens.fetching.connections:list_connections",
        summary="List how patients' accounts at vendors are connected.",
    ),
    Entry(
        word="fetches",
        target="kadens.fetching.command:list_fetches",
        summary="List what vendors announced, and what became of it.",
    ),
    Entry(
        word="audit",
        summary="The audit log: check it, sign it, extract from it.",
        entries=(
            Entry(
                word="verify",
                target="kadens.auditing.command:verify_log",
                summary="Check that no row of the audit log was changed or removed.",
            ),
            Entry(
                word="head",
                target="kadens.auditing.command:print_head",
                summary="Print how far the audit log goes, signed with our key.",
            ),
            Entry(
                word="extract",
                target="kadens.auditing.extracting:print_extract",
                summary="Print who looked at a patient's data, for the patient.",
            ),
            Entry(
                word="export",
                target="kadens.auditing.exporting:export_log",
                summary="Write rows of the audit log to a file, as FHIR AuditEvent.",
            ),
            Entry(
                word="sample",
                target="kadens.auditing.sampling:draw_sample",
                summary="Draw a random sample of accesses to patients' data, to be reviewed.",
            ),
            Entry(
                word="samples",
                target="kadens.auditing.sampling:list_samples",
                summary="List the samples of the audit log, and mark what is overdue.",
            ),
            Entry(
                word="review",
                target="kadens.auditing.sampling:review_sample",
                summary="Show the accesses of a sample, or judge one of them with a reason.",
            ),
        ),
    ),
    Entry(
        word="keys",
        summary="This installation's keys: list, rotate, rewrap, retire.",
        entries=(
            Entry(
                word="list",
                target=f"{_COMMANDS}.keys:list_keys",
                summary="List the keys: id, state, age, and what still needs each.",
            ),
            Entry(
                word="rotate",
                target=f"{_COMMANDS}.keys:rotate_key",
                summary="Make a new active key of a kind.",
            ),
            Entry(
                word="rewrap",
                target=f"{_COMMANDS}.keys:rewrap_keys",
                summary="Wrap the keys of patients and bodies with the active wrapping key.",
            ),
            Entry(
                word="retire",
                target=f"{_COMMANDS}.keys:retire_key",
                summary="Retire a key that is only accepted; refused while it is needed.",
            ),
        ),
    ),
    Entry(
        word="prescription",
        summary="Prescriptions: list, write, renew, pause, export, import.",
        entries=(
            Entry(
                word="list",
                target=f"{_PRESCRIBING}:list_prescriptions",
                summary="List a patient's prescriptions, in force or not.",
            ),
            Entry(
                word="show",
                target=f"{_PRESCRIBING}:show_prescription",
                summary="Show every version of a prescription as JSON, oldest first.",
            ),
            Entry(
                word="add",
                target=f"{_COMMANDS}.prescriptions:write_prescription",
                summary="Write a version of a prescription.",
            ),
            Entry(
                word="renew",
                target=f"{_PRESCRIBING}:renew_prescription",
                summary="Renew a prescription with what it had reached.",
            ),
            Entry(
                word="pause",
                target=f"{_PRESCRIBING}:pause_prescription",
                summary="Pause a prescription: nothing is due on some dates.",
            ),
            Entry(
                word="export",
                target=f"{_PRESCRIBING}:export_prescriptions",
                summary="Print what holds or is to come of each prescription as JSON.",
            ),
            Entry(
                word="import",
                target=f"{_PRESCRIBING}:import_prescriptions",
                summary="Write the prescriptions of a FHIR R4 bundle; all of them, or none.",
            ),
        ),
    ),
    Entry(
        word="prescribe",
        target=f"{_COMMANDS}.prescriptions:write_prescription",
        summary="Write a version of a prescription.",
    ),
    Entry(
        word="mark",
        target=f"{_COMMANDS}.prescriptions:mark_by_command",
        summary="Mark a session as not exercise, or as exercise after all.",
    ),
    Entry(
        word="replay",
        target=f"{_COMMANDS}.replay:replay_bodies",
        summary="Read kept bodies with today's parsers, and derive again.",
    ),
    Entry(
        word="erase",
        target=f"{_COMMANDS}.erase:erase_patient",
        summary="Erase a patient: all rows, the data key, the kept bodies.",
    ),
    Entry(
        word="rectify",
        summary="Correct what was reported: add, list, withdraw.",
        entries=(
            Entry(
                word="add",
                target="kadens.privacy.rectifying:add_corrected",
                summary="Correct a report or a session; the old value stays on record.",
            ),
            Entry(
                word="list",
                target="kadens.privacy.rectifying:list_corrected",
                summary="List a patient's corrections, with what had been stated.",
            ),
            Entry(
                word="withdraw",
                target="kadens.privacy.rectifying:withdraw_corrected",
                summary="Take a correction back: what was stated counts again.",
            ),
        ),
    ),
    Entry(
        word="vacuum",
        target="kadens.privacy.vacuum_command:vacuum_tables",
        summary="Remove the bytes of erased patients from the files.",
    ),
    Entry(
        word="backup",
        target="kadens.backup.command:make_backup",
        summary="Back up the database and the bodies, sealed.",
        entries=(
            Entry(
                word="keys",
                target="kadens.backup.command:back_up_keys",
                summary="Replace the backed up keys by those of now.",
            ),
            Entry(
                word="new-key",
                target="kadens.backup.command:make_backup_key",
                summary="Make the key of backups; print its public half.",
            ),
        ),
    ),
    Entry(
        word="restore",
        target="kadens.backup.restore_command:restore_backup",
        summary="Restore a backup into a new database and body store.",
    ),
    Entry(
        word="rights",
        summary="Patients' requests about their rights: list, answer.",
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


class Program(LazyGroup):
    """The program's commands. A failure outside the program ends them with a line on stderr."""

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - typer's own
        super().__init__(**attributes)
        self.fill(COMMANDS)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer exports neither type
        """Run the command that was chosen."""
        try:
            return super().invoke(ctx)
        except (typer.TyperException, typer.Exit, typer.Abort):
            raise
        except Exception as error:
            # Imported only after an error: the clients whose errors are listed there take a second.
            from kadens.failures import fail_plainly  # noqa: PLC0415

            fail_plainly(error)
            raise


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - as typer calls it
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - no other command needs it

        typer.echo(f"kadens {version('kadens')}")
        raise typer.Exit


def _reason(text: str) -> str:
    # it stands in the log for good, and on a patient's page
    if len(text) > _LONGEST_REASON or not text.isprintable():
        raise typer.BadParameter(f"must be a line of at most {_LONGEST_REASON} characters")
    return text.strip()


def _program(
    *,
    why: Annotated[
        str,
        typer.Option("--why", callback=_reason, help="Why you run the command, for the audit log."),
    ] = "",
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Follow up prescribed exercise: what watches and apps record, against the prescription."""
    del version  # its callback has printed it
    run_because(why)


app = typer.Typer(
    name="kadens",
    cls=Program,
    callback=_program,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # locals may hold what patients sent
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the program. Its files are about patients, so only their owner may read them."""
    private_files()
    no_threads_for_algebra()
    # Imports make many objects and free few, so collecting garbage meanwhile takes time for
    # nothing. `lazy_commands` collects again once the command is imported.
    gc.disable()
    app()
