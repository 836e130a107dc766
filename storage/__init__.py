"""All SQL of the database of Kadens: the only package that talks to it.

Every transaction takes its row locks in one order, so that no two of them wait for each other:

1. the offsets of partitions (`facts.offsets`), in order of partition;
2. patients, in order of id: "for update" to erase, to replay or to move an alert, "for no key
   update" to write facts or to judge, "for key share" to keep a patient from being erased. A new
   row that names a patient takes the last of these by its foreign key;
3. rows of `quarantine`, in order of their primary key;
4. rows of `dead_letter`, then of `vendor_fetch`, then of `vendor_connection`, then data keys;
5. all other rows, which are either of a locked patient or taken with "skip locked".

A transaction may leave out steps, but never goes back to an earlier one.
"""
