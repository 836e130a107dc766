"""Commands about the audit log, keys, prescriptions, corrections, replay, erasure and backups.

Data only.
"""

from kadens.lazy_commands import Entry

_COMMANDS = "kadens.commands"
_PRESCRIBING = "kadens.prescribing.prescription_commands"
UPKEEP_COMMANDS: tuple[Entry, ...] = (
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
        summary="Correct what was reported: reports, add, list, withdraw.",
        entries=(
            Entry(
                word="add",
                target="kadens.privacy.rectifying:add_corrected",
                summary="Correct a report or a session; the old value stays on record.",
            ),
            Entry(
                word="reports",
                target="kadens.privacy.handling.reported:list_reported",
                summary="List a patient's reports with the ids that `rectify add` takes.",
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
)
