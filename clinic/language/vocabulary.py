"""Stored names as pages word them, marked for the catalogues. Data only; `words.label` uses them.

A stored name becomes words by itself: `next_morning` is "Next morning". What stands here is the
list of those words that have a translation, and the actions that are worded otherwise.
"""

from model.words.language import N_

# Actions of the audit log. Old rows may have other names, which `words.label` turns into words.
ACTIONS: dict[str, str] = {
    "data.read": N_("Read"),
    "data.refused": N_("Asked for, not shown"),
    "list.read": N_("Seen on a list"),
    "alert.acknowledge": N_("Acknowledged"),
    "alert.claim": N_("Took the alert"),
    "alert.handover": N_("Handed over"),
    "alert.note": N_("Wrote a note"),
    "alert.start": N_("Started"),
    "alert.snooze": N_("Snoozed"),
    "alert.resolve": N_("Resolved"),
    "alert.reopen": N_("Opened again"),
    "session.mark": N_("Marked a session"),
    "annotation.add": N_("Wrote an annotation"),
    "annotation.remove": N_("Took an annotation back"),
    "note.write": N_("Changed the pinned note"),
    "access.signin": N_("Signed in"),
    "access.signout": N_("Signed out"),
    "access.refused": N_("Sign-in refused"),
    "patient.add": N_("Patient added"),
    "patient.zone": N_("Time zone set"),
    "patient.profile": N_("Heart profile written"),
    "patient.token": N_("Link for uploads made"),
    "patient.tokens": N_("Links for uploads listed"),
    "patient.identity": N_("Personal number recorded"),
    "patient.revoke": N_("Link for uploads ended"),
    "patient.review": N_("Marked as reviewed"),
    "patient.unreview": N_("Took the mark of a review back"),
    "patient.label": N_("Changed tags or sites"),
    "account.link": N_("Account linked"),
    "account.unlink": N_("Account unlinked"),
    "account.invite": N_("Link for connecting made"),
    "account.connect": N_("Account connected"),
    "log.review": N_("Access reviewed"),
    "consent.agree": N_("Agreed to connect an account"),
    "account.close": N_("Account closed"),
    "account.reopen": N_("Account opened again"),
    "support.open": N_("Support case opened"),
    "support.close": N_("Support case closed"),
    "support.access": N_("Access of support staff given"),
    "support.end": N_("Access of support staff ended"),
    "consent.give": N_("Consent given"),
    "consent.withdraw": N_("Consent withdrawn"),
    "report.send": N_("Answered questions"),
    "restriction.add": N_("Data restricted"),
    "restriction.notice": N_("Notice of a lifting given"),
    "restriction.lift": N_("Restriction lifted"),
    "rectification.make": N_("Data corrected"),
    "rectification.withdraw": N_("Correction taken back"),
    "objection.record": N_("Objection recorded"),
    "objection.answer": N_("Objection answered"),
    "prescription.write": N_("Prescription written"),
    "prescription.draft": N_("Draft of a prescription written"),
    "prescription.discard": N_("Draft of a prescription discarded"),
    "prescription.submit": N_("Prescription submitted"),
    "prescription.renew": N_("Renewal of a prescription begun"),
    "prescription.pause": N_("Prescription paused"),
    "prescription.end": N_("Prescription ended"),
    "block.set": N_("Block between units set"),
    "block.lift": N_("Block between units lifted"),
    "block.open": N_("Block between units opened"),
    "block.review": N_("Opening of a block followed up"),
    "sharing.begin": N_("Shared with another unit"),
    "sharing.end": N_("Sharing with another unit ended"),
    "files.import": N_("Files imported"),
    "patient.door": N_("Link for signing in made"),
    "patient.erase": N_("Data erased"),
    "rule.set": N_("Threshold of a rule set"),
    # the steps of what a patient asks for as a right
    "rights.open": N_("Request written down"),
    "rights.take": N_("Request taken on"),
    "rights.answer": N_("Request answered"),
    "rights.refuse": N_("Request refused"),
    "rights.extend": N_("Request given more time"),
    "rights.hand": N_("File for the patient fetched"),
    "rights.export": N_("File with the data made"),
    # what operators do; it names a patient only where one was chosen
    "replay.begin": N_("Data read anew"),
    "replay.read": N_("Data read anew"),
    "replay.derive": N_("Data computed anew"),
    "replay.rehearse": N_("Reading anew tried out"),
    "letter.show": N_("Looked at what could not be read"),
    "letter.retry": N_("What could not be read was tried again"),
    "letter.drop": N_("What could not be read was removed"),
}

# Senders of data. Most names are a brand, which no language changes.
VENDOR_WORDS: dict[str, str] = {
    "files": N_("Files"),
    "reports": N_("Patient's answers"),
    "clinic": N_("Clinic"),
    "open_wearables": N_("Watch data by Open Wearables"),
}

# Scales of answers, to be read after the answer.
ANSWER_SCALES: dict[str, str] = {
    "nrs-0-10": N_("of 10"),
    "borg-cr10": N_("on Borg CR10"),
    "borg-6-20": N_("on Borg 6\u201320"),
    "form-1-5": N_("of 5"),
}

# Why an alert was withdrawn, by the reason of the move.
WITHDRAWN_WHY: dict[str, str] = {
    "corrected": N_("the data were corrected or completed"),
    "restricted": N_("use of the data was restricted"),
    "settings changed": N_("a threshold, a profile or the prescription was changed"),
    "data or settings changed": N_("the data or the settings were changed"),
}

# What happened to an alert, by the kind of the move.
MOVES: dict[str, str] = {
    "raise": N_("Raised"),
    "worsen": N_("Opened again, because it got worse"),
    "retract": N_("Withdrawn, because what it rests on does not count any more"),
    "restore": N_("Back, because the data it rests on count again"),
    "wake": N_("The snooze has ended"),
    "escalate": N_("Passed on, because nobody saw it"),
    "expire": N_("Expired"),
    "demote": N_("Left to the digest: the rule was over its budget"),
    "promote": N_("Moved up from the digest: the day's budget has room for it"),
    "acknowledge": N_("Acknowledged"),
    "claim": N_("Taken"),
    "hand_over": N_("Handed over"),
    "start": N_("In progress"),
    "snooze": N_("Snoozed"),
    "resolve": N_("Resolved"),
    "reopen": N_("Opened again"),
}

STORED_NAMES: tuple[str, ...] = (
    # activity types
    N_("Walking"), N_("Hiking"), N_("Running"), N_("Treadmill"), N_("Nordic walking"),
    N_("Cycling"), N_("Indoor cycling"), N_("Wheelchair"), N_("Swimming"), N_("Rowing"),
    N_("Paddling"), N_("Water exercise"), N_("Diving"), N_("Cross country skiing"), N_("Skiing"),
    N_("Strength"), N_("Cardio"), N_("Elliptical"), N_("Stair climbing"), N_("Yoga"),
    N_("Home training video"),
    N_("Pilates"), N_("Mobility"), N_("Balance"), N_("Dance"), N_("Ball sport"),
    N_("Racket sport"), N_("Climbing"), N_("Riding"), N_("Golf"), N_("Transition"),
    N_("Multisport"), N_("Other"),
    # metrics
    N_("Heart rate"), N_("Cadence"), N_("Speed"), N_("Distance"), N_("Power"), N_("Altitude"),
    N_("Temperature"), N_("Steps"), N_("Rr interval"), N_("Resting heart rate"),
    N_("Active energy"), N_("Heart rate variability rmssd"), N_("Oxygen saturation"),
    N_("Respiratory rate"), N_("Weight"), N_("Heart rate variability sdnn"), N_("Basal energy"),
    N_("Body temperature"), N_("Oxygen uptake"), N_("Blood glucose"),
    N_("Blood pressure systolic"), N_("Blood pressure diastolic"), N_("Mets"),
    N_("Walking heart rate"), N_("Vo2 max"), N_("Exercise time"), N_("Stand time"), N_("Floors"),
    N_("Effort score"), N_("Wear"), N_("Total energy"), N_("Rhythm notice"),
    # kinds of facts
    N_("Samples"), N_("Workout"), N_("Report"), N_("Daily total"), N_("Sleep"), N_("Day"),
    # phases and instruments of reports
    N_("Before"), N_("During"), N_("After"), N_("Next morning"), N_("None"), N_("Pain"),
    N_("Exertion"), N_("Day form"), N_("Session"), N_("Week"), N_("Not exercise"),
    N_("Exercise"), N_("Not answered"), N_("Skipped"), N_("No reason given"),
    # sites of pain, as the patient door asks for them
    N_("Head"), N_("Neck"), N_("Left shoulder"), N_("Right shoulder"), N_("Left elbow"),
    N_("Right elbow"), N_("Left hand or wrist"), N_("Right hand or wrist"), N_("Chest"),
    N_("Belly"), N_("Upper back"), N_("Lower back"), N_("Left hip or groin"),
    N_("Right hip or groin"), N_("Left thigh"), N_("Right thigh"), N_("Left knee"),
    N_("Right knee"), N_("Left calf or heel tendon"), N_("Right calf or heel tendon"),
    N_("Left foot or ankle"), N_("Right foot or ankle"), N_("Several places"),
    # intensity and confidence
    N_("Very light"), N_("Light"), N_("Moderate"), N_("Vigorous"), N_("Near max"), N_("Unknown"),
    N_("High"), N_("Medium"), N_("Low"), N_("Below"), N_("Within"), N_("Above"),
    N_("Percent light"), N_("Percent moderate"), N_("Percent vigorous"), N_("Percent near max"),
    N_("Bpm light"), N_("Bpm moderate"), N_("Bpm vigorous"), N_("Bpm near max"),
    # who and how
    N_("Clinician"), N_("Patient"), N_("Laps"), N_("Lengths"), N_("Records"), N_("Strap"),
    N_("Watch"), N_("Phone"), N_("Scale"), N_("Person"), N_("Background"), N_("Manual"),
    # states of alerts and of connections
    N_("On"), N_("Open"), N_("Acknowledged"), N_("In progress"), N_("Snoozed"), N_("Resolved"),
    N_("Retracted"), N_("Expired"), N_("Invited"), N_("Connected"), N_("Needs reconnecting"),
    N_("Revoked by the patient"), N_("Silent"), N_("Unlinked"),
    # families of rules
    N_("Adherence"), N_("Load"), N_("Progress"), N_("Answers"), N_("Data"), N_("Heart"),
    # reasons of actions, and details of audit rows
    N_("A graver finding"), N_("The time asked for is over"), N_("Corrected"),
    N_("Nobody acknowledged it within 4 working hours"), N_("No new evidence for 28 days"),
    N_("The snooze of this tier goes on"), N_("Note"), N_("Shared"), N_("Useful"), N_("To"),
    N_("Contacted"), N_("Plan changed"), N_("Not relevant"), N_("Data error"),
    N_("Waiting for the patient"), N_("Contact is planned"), N_("Everyday activity"),
    N_("Illness"), N_("Holiday"), N_("Recorded by mistake"), N_("Device error"),
    N_("Worn by somebody else"), N_("Exertion cr10"), N_("Exertion 6 20"),
    N_("Marked by mistake"), N_("Confirmed by the patient"), N_("Reason"), N_("Statement"),
    N_("Days"), N_("Status"), N_("Connector"), N_("Until"),
    # kinds of annotations
    N_("New drug"), N_("New watch"),
    # evidence and thresholds
    N_("Answer hours"), N_("Answered days"), N_("Apart hours"), N_("At"), N_("At once"),
    N_("Carried days"), N_("Dates"), N_("Days left"), N_("Dose"), N_("Dose min"),
    N_("Each week"), N_("Fall"), N_("First"), N_("Frequency"), N_("Fresh days"), N_("Fresh until"),
    N_("From"), N_("Id"), N_("Known days"), N_("Lag hours"), N_("Last"), N_("Length"),
    N_("Local date"), N_("Look back days"), N_("Mean dose min"), N_("Minutes"),
    N_("Minutes due"), N_("Minutes prescribed"), N_("Missed"), N_("Monday"), N_("Mondays"),
    N_("Of last"), N_("Paused days"), N_("Phase"), N_("Prescription"), N_("Prescriptions"),
    N_("Ratings"), N_("Ratio"), N_("Rated sessions"), N_("Recalled sessions"), N_("Record"),
    N_("Rise"), N_("Rule"), N_("Rules"), N_("Sessions"), N_("Sessions due"), N_("Thresholds"),
    N_("Time"), N_("Unseen days"), N_("Valid days"), N_("Value"), N_("Version"),
    N_("Baseline weeks"), N_("Judged weeks"), N_("Known"), N_("Least spread"),
    N_("Most lost"), N_("Slack"), N_("Width"), N_("Very high"), N_("Weeks"), N_("Birth year"),
    N_("HR rest"), N_("HR max"), N_("Hr max"),
    N_("Outage patients"), N_("Outage share"), N_("Silent days"),
    N_("Red flag"), N_("Bpm"), N_("Level days"), N_("Level nights"), N_("Nights"), N_("Spreads"),
    N_("Clear"), N_("Far"), N_("Far minutes"), N_("Most"),
    N_("Hr rest"), N_("Beta blocker"), N_("Rate limited"), N_("Age"),
)  # fmt: skip

# Titles of refusals: the phrases of HTTP.
TITLES: tuple[str, ...] = (
    N_("Bad Request"), N_("Unauthorized"), N_("Forbidden"), N_("Not Found"),
    N_("Method Not Allowed"), N_("Conflict"), N_("Unprocessable Entity"),
    N_("Unprocessable Content"), N_("Too Many Requests"), N_("Internal Server Error"),
    N_("Service Unavailable"),
)  # fmt: skip

# Titles of the rules.
RULE_TITLES: tuple[str, ...] = (
    N_("High pain"),
    N_("Pain not settled by the next morning"),
    N_("Pain rising from week to week"),
    N_("Flare"),
    N_("Warning sign"),
    N_("Pain with a risen load"),
    N_("Less pain than at the start"),
    N_("No more answers about pain"),
    N_("Sustained low adherence"),
    N_("Interruption"),
    N_("This week cannot be caught up"),
    N_("Never started"),
    N_("Less and less of what is prescribed"),
    N_("Much more than prescribed"),
    N_("Intensity beside the prescribed one"),
    N_("Four good weeks"),
    N_("Heart rate above the ceiling"),
    N_("Weight has risen within days"),
    N_("Notice about rhythm, by the vendor"),
    N_("Resting heart rate has risen"),
    N_("High resting heart rate"),
    N_("Silent for a week"),
    N_("Symptom of the heart"),
    N_("Heart rate above the ceiling"),
)  # fmt: skip
