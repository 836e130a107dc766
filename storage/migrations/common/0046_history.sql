-- When a source delivered last what was old by then: while a history is loaded, nobody has missed anything yet.
alter table watermark add column history_at timestamptz;
