"""What each setting means, for `docs/settings.md`. Types and defaults are in `Settings`."""

from collections.abc import Mapping

# In the order of `Settings`. A test checks that settings and rows correspond.
SETTINGS_TABLE: Mapping[str, str] = {
    "kafka": "Bootstrap servers of the log, `host:port` with commas between; empty for a process "
    "without one.",
    "database": "DSN of PostgreSQL; empty for a process without one.",
    "bodies": "Body store: a folder, or the URL of S3-compatible storage (s3:// or https://); "
    "empty for none.",
    "secrets_file": "The TOML file with the connectors' keys and our own.",
    "clock": "`system`; `fixed:EPOCH_MS` and `file:PATH` are for tests.",
    "vendor_host": "Address on which the vendor door listens.",
    "vendor_port": "Port of the vendor door.",
    "vendor_url": "Address of the vendor door as patients see it, for links to the upload page.",
    "clinic_host": "Address on which the clinician door listens.",
    "clinic_port": "Port of the clinician door.",
    "clinic_url": "Address of the clinician door as browsers see it; also used in notifications.",
    "patient_host": "Address on which the patient door listens.",
    "patient_port": "Port of the patient door.",
    "patient_url": "Address of the patient door as patients see it: links lead there, and vendors "
    "send patients back to it.",
    "clinic_demo": "1 lets everybody in as one demo clinician, on loopback only.",
    "clinic_unit": "Care unit of the demo clinician, and of `kadens patient add` without --unit.",
    "oidc_issuer": "Issuer URL of the OpenID Connect provider.",
    "oidc_client_id": "Client id of the clinician door at the provider.",
    "oidc_subject_claim": "Claim of the ID token by which a clinician is known for good.",
    "oidc_unit_claim": "Claim of the ID token that names the clinician's care unit.",
    "oidc_role_claim": "Claim of the ID token that holds roles; empty when roles are not checked.",
    "oidc_roles": "Roles of which a clinician must have one, with commas between.",
    "oidc_purpose": "Value that the claim `commissionPurpose` must have; empty when not checked.",
    "oidc_acr": "Values of the claim `acr` that suffice, with commas between; empty when not "
    "checked.",
    "patient_oidc_issuer": "Issuer URL of the OpenID Connect provider by which patients sign in; "
    "empty when one-time links alone open the patient door.",
    "patient_oidc_client_id": "Client id of the patient door at that provider.",
    "patient_oidc_number_claim": "Claim of the ID token with the patient's personal number.",
    "patient_oidc_acr": "Values of the claim `acr` that suffice for a patient, with commas "
    "between; empty when not checked.",
    "prescriber_roles": "Roles that may submit prescriptions, with commas between.",
    "support_roles": "Roles that write nothing and see only whom `kadens support access` "
    "names, with commas between.",
    "reviewer_roles": "Roles that make spot checks of the audit log of their unit, with commas "
    "between; empty for everybody but support.",
    "session_minutes": "How long a sign-in lasts at most.",
    "session_idle_minutes": "How long a sign-in lasts without a request.",
    "smtp": "Mail server for notifications, `host:port`; empty sends no mail.",
    "mail_from": "Sender of notifications.",
    "audit_heads": "File to which the clinician door adds the signed head of the audit log every "
    "hour, on a disk that nobody with the database can write to; empty for none.",
    "audit_years": "Years for which the audit log is kept, 5 or more: no process starts with "
    "fewer. No command removes a row, so the log only grows.",
    "erasures": "File to which `kadens erase` adds a signed line for each erasure, on a disk that "
    "is not lost with the database: a restore applies them again. Empty for none.",
    "backup_key": "Public key of backups, as `kadens backup new-key` prints it.",
    "endpoints": "The TOML file with the hosts outside this machine that may be used: "
    "`[[endpoints]]` with `host`, `country` (of the EU or EEA), `processor` and `purpose`. "
    "No process starts with a host that is not on it; empty where all is on this machine.",
    "account_closing": "How the clause about unused accounts is read. `latest`: one closes 6 "
    "months after the later of both, the end of the latest prescription and the last sign-in. "
    "`after_end`: 6 months after that end, unless the patient has signed in since.",
    "account_warn_days": "Days between the warning and the closing of an account, 1 to 150.",
    "account_erase_days": "Full days after which a closed account may be erased by "
    "`kadens account erase`; 0 for never, where the closed account is itself the record that the "
    "law demands to keep.",
    "worker_id": "Name of a worker as a static member of the consumer group, unique to it; "
    "empty for none.",
    "mock_broker": "1 where the log is librdkafka's mock, as in `kadens up` without Java.",
    "max_body": "Longest body that the vendor door takes, in bytes.",
    "spool": "Folder for bodies on their way in, on a disk with room for twice `spool_disk`, and "
    "for new tokens of vendors until the database has them. "
    "Empty: the body store's disk or, where that is no folder, the system's temporary folder.",
    "spool_memory": "Bytes of memory that bodies on their way in may take together.",
    "spool_disk": "Bytes of disk that bodies on their way in may take together.",
    "uploads": "Folder of uploads in parts, which the vendor door and `kadens uploads` share, on a "
    "disk with room for `uploads_disk`; empty for neither such uploads nor the upload page.",
    "uploads_disk": "Bytes of disk that uploads in parts may take together; a patient may take a "
    "fourth.",
    "clinic_name": "Name of the clinic on the pages for patients.",
    "connections": "Most connections of a door at once.",
    "connections_per_peer": "Most connections of one address at once.",
    "trusted_proxies": "Addresses and networks, with commas between, that may have any number of "
    "connections and name the client they forward for.",
    "token_rate": "Requests per second with one patient's link tokens, ten times as many at once; "
    "0 for no limit.",
    "connector_rate": "Requests per second of one connector, ten times as many at once; 0 for no "
    "limit.",
    "failure_rate": "Failed requests per second of one address, twice as many at once; 0 for no "
    "limit.",
    "replay_window_s": "How old a signed request may be, in seconds.",
    "commit_interval_s": "Seconds between two commits of a worker's offsets.",
    "stall_s": "Seconds without progress after which a worker ends itself.",
    "group_session_s": "Seconds without a heartbeat after which a worker's partitions "
    "go to others.",
    "fetch_at_once": "How many requests to vendors a fetcher has under way at once.",
    "fetch_keep_days": "Days after which a fetch that is done is no longer listed; 0 for never.",
    "metrics_host": "Address of a process's own port for metrics.",
    "metrics_port": "Port on which a process serves its metrics; 0 for none of its own.",
}
