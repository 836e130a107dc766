"""The actions of the audit log, each with its only spelling.

`kadens migrate` copies the list to the database, which refuses a row with any other action. A
search for an action therefore misses no row because of its spelling.
"""

from enum import StrEnum


class AuditAction(StrEnum):
    """An action in the audit log, as lower-case words joined by dots."""

    DATA_READ = "data.read"  # one patient's data were shown
    DATA_REFUSED = "data.refused"  # a request for them was refused
    LIST_READ = "list.read"  # a patient was on a list that was shown
    ALERT_ACKNOWLEDGE = "alert.acknowledge"
    ALERT_CLAIM = "alert.claim"
    ALERT_HAND_OVER = "alert.handover"
    ALERT_NOTE = "alert.note"
    ALERT_START = "alert.start"
    ALERT_SNOOZE = "alert.snooze"
    ALERT_RESOLVE = "alert.resolve"
    ALERT_REOPEN = "alert.reopen"
    SESSION_MARK = "session.mark"  # as not exercise, or as exercise after all
    ANNOTATION_ADD = "annotation.add"
    ANNOTATION_REMOVE = "annotation.remove"  # taken back: it stays, and is no longer read
    NOTE_WRITE = "note.write"  # a version of the pinned note
    DUTY_SET = "duty.set"  # working hours, line and on-call of a care unit
    ABSENCE_ADD = "absence.add"
    ABSENCE_END = "absence.end"
    SIGN_IN = "access.signin"
    SIGN_OUT = "access.signout"
    SIGN_IN_REFUSED = "access.refused"
    PATIENT_ADD = "patient.add"
    PATIENT_ZONE = "patient.zone"
    PATIENT_PROFILE = "patient.profile"
    PATIENT_TOKEN = "patient.token"  # noqa: S105 - no password, the name of an action
    PATIENT_TOKENS = "patient.tokens"
    PATIENT_DOOR = "patient.door"  # a link was made with which the patient signs in
    PATIENT_IDENTITY = "patient.identity"  # the personal number that signs in was recorded
    PATIENT_REVOKE = "patient.revoke"
    PATIENT_ERASE = "patient.erase"
    PATIENT_REVIEW = "patient.review"  # a clinician looked through a patient
    PATIENT_UNREVIEW = "patient.unreview"  # that mark was taken back
    PATIENT_LABEL = "patient.label"  # tags or sites were written
    KEYS_ROTATE = "keys.rotate"
    KEYS_REWRAP = "keys.rewrap"
    KEYS_RETIRE = "keys.retire"
    ACCOUNT_LINK = "account.link"
    ACCOUNT_UNLINK = "account.unlink"
    ACCOUNT_INVITE = "account.invite"  # a link was made with which the patient connects an account
    ACCOUNT_CONNECT = "account.connect"  # tokens of an account were stored
    CONSENT_AGREE = "consent.agree"  # the patient agreed, and went to the vendor's page
    ACCOUNT_CLOSE = "account.close"  # the patient's own account in this service
    ACCOUNT_REOPEN = "account.reopen"
    ACCOUNT_LIST = "account.list"
    CONSENT_GIVE = "consent.give"
    CONSENT_WITHDRAW = "consent.withdraw"
    CONSENT_TEXT = "consent.text"  # a version of a text that patients agree to was added
    REPORT_SEND = "report.send"  # a patient answered questions at their door
    RESTRICTION_ADD = "restriction.add"
    RESTRICTION_NOTICE = "restriction.notice"  # the patient was given notice before it is lifted
    RESTRICTION_LIFT = "restriction.lift"
    RECTIFICATION_MAKE = "rectification.make"  # a report or a workout was corrected
    RECTIFICATION_WITHDRAW = "rectification.withdraw"
    OBJECTION_RECORD = "objection.record"
    OBJECTION_ANSWER = "objection.answer"  # with the ground that overrides it
    PRESCRIPTION_WRITE = "prescription.write"
    RULE_SET = "rule.set"  # a threshold, a profile or shadow, for a unit or a patient
    PRESCRIPTION_DRAFT = "prescription.draft"  # a draft was written or changed
    PRESCRIPTION_DISCARD = "prescription.discard"  # a draft was thrown away
    PRESCRIPTION_SUBMIT = "prescription.submit"
    PRESCRIPTION_RENEW = "prescription.renew"  # a draft of a renewal was made
    PRESCRIPTION_PAUSE = "prescription.pause"
    PRESCRIPTION_END = "prescription.end"
    FILES_IMPORT = "files.import"
    REPLAY_BEGIN = "replay.begin"
    REPLAY_READ = "replay.read"
    REPLAY_DERIVE = "replay.derive"
    REPLAY_REHEARSE = "replay.rehearse"
    DIGEST_READ = "digest.read"
    BACKUP_MAKE = "backup.make"  # all rows and bodies were read into a backup
    BACKUP_RESTORE = "backup.restore"  # this database was filled from a backup
    LOG_VERIFY = "log.verify"  # the audit log was compared with its chain
    LOG_EXPORT = "log.export"  # rows of it were written to a file
    LOG_SAMPLE = "log.sample"  # a sample of accesses was drawn, or looked at
    LOG_REVIEW = "log.review"  # a reviewer judged an access of a sample
    LETTER_SHOW = "letter.show"
    LETTER_RETRY = "letter.retry"
    LETTER_DROP = "letter.drop"
    MESSAGE_RETRY = "message.retry"  # a message that was given up is sent again
    MESSAGE_DROP = "message.drop"
    SUPPORT_OPEN = "support.open"
    SUPPORT_CLOSE = "support.close"
    SUPPORT_ACCESS = "support.access"  # somebody may look because of a case
    SUPPORT_END = "support.end"  # it ended before its time
    SUPPORT_LIST = "support.list"
    STATISTICS_READ = "statistics.read"
    RIGHTS_OPEN = "rights.open"  # a patient asked for a right
    RIGHTS_LIST = "rights.list"
    RIGHTS_TAKE = "rights.take"
    RIGHTS_ANSWER = "rights.answer"
    RIGHTS_REFUSE = "rights.refuse"
    RIGHTS_EXTEND = "rights.extend"  # its time was made longer, with a reason
    RIGHTS_HAND = "rights.hand"  # the file that answers it was fetched at the clinic
    RIGHTS_EXPORT = "rights.export"  # a file with a patient's data was made
    BLOCK_SET = "block.set"  # a patient closed their data to other units
    BLOCK_LIFT = "block.lift"
    BLOCK_OPEN = "block.open"  # a person of another unit reads what is blocked, for a time
    BLOCK_LIST = "block.list"
    BLOCK_REVIEW = "block.review"  # such an opening was followed up
    SHARING_BEGIN = "sharing.begin"  # another unit takes part in the care
    SHARING_END = "sharing.end"
    CLINICIAN_REACH = "clinician.reach"  # how a clinician wants to be reached was set


# What shows data of patients and changes none. Whoever is refused sees and changes nothing.
READING_ACTIONS = frozenset(
    {
        AuditAction.DATA_READ,
        AuditAction.ACCOUNT_LIST,
        AuditAction.REPLAY_READ,
        AuditAction.DIGEST_READ,
        AuditAction.BACKUP_MAKE,
        AuditAction.LOG_VERIFY,
        AuditAction.LOG_EXPORT,
        AuditAction.LOG_SAMPLE,
        AuditAction.LOG_REVIEW,
        AuditAction.LETTER_SHOW,
        AuditAction.STATISTICS_READ,
        AuditAction.RIGHTS_HAND,
        AuditAction.RIGHTS_EXPORT,
    }
)
LISTING_ACTIONS = frozenset(
    {AuditAction.LIST_READ, AuditAction.RIGHTS_LIST, AuditAction.BLOCK_LIST}
)
REFUSED_ACTIONS = frozenset({AuditAction.DATA_REFUSED, AuditAction.SIGN_IN_REFUSED})
