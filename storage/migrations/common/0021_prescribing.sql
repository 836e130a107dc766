-- Prescriptions that are being written, and patients of whom a prescription at the door has made derived rows stale.

-- A draft holds for nobody until it is submitted. `based_on` is the newest version of its prescription when it was
-- begun, 0 for a new one; `revision` counts its changes.
create table prescription_draft (
  patient int not null references patient,
  draft uuid not null,
  revision int not null check (revision > 0),
  prescription text not null,
  based_on int not null check (based_on >= 0),
  body jsonb not null,
  written_by text not null,
  written_at timestamptz not null,
  primary key (patient, draft)
);

-- The door does not derive. It says from which instant on the worker must derive a patient anew.
create table stale_derivation (
  patient int primary key references patient,
  since timestamptz not null
);
