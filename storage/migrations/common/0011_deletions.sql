-- What a deletion takes back is asked for by the record it names, or by the time it ends: without
-- these, every window would read all that a patient's sources ever took back.
create index fact_deleted_record on fact (patient, (payload ->> 'target')) where kind = 'deletion';
create index fact_deleted_metric on fact (patient, end_at) where kind = 'deletion' and payload ->> 'target' = '';
