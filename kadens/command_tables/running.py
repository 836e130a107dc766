"""Commands that run processes, read files, and send or invent recordings. Data only."""

from kadens.lazy_commands import Entry

_COMMANDS = "kadens.commands"
RUNNING_COMMANDS: tuple[Entry, ...] = (
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
                summary="Run the patient door: patients' own pages and reports.",
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
)
