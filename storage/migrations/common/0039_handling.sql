-- What the clinic does with a request of a patient on its page: a time that was made longer once, with the reason that the patient reads.
alter table rights_request
  add column extended_at timestamptz,
  add column extended_why text not null default '' check (length(extended_why) <= 2000),
  add constraint rights_request_extended check ((extended_at is null) = (extended_why = ''));
-- A file may leave by the clinic's hands once: who fetched it, and when.
alter table rights_file
  add column handed_at timestamptz,
  add column handed_by text,
  add constraint rights_file_handed check ((handed_at is null) = (handed_by is null));
