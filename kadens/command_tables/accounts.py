"""Commands about accounts, support, statistics, and what vendors are asked. Data only."""

from kadens.lazy_commands import Entry

ACCOUNT_COMMANDS: tuple[Entry, ...] = (
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
            Entry(
                word="end",
                target="kadens.privacy.support_commands:end_access",
                summary="End accesses because of a case; the case stays open.",
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
)
