"""Derived rows: sessions, days and weeks.

Each row is a pure function of facts, profiles, prescriptions and the patient's zone. It names the
version of the algorithm, and a session also names its inputs. Ids are made from content, so
deriving again gives the same rows.
"""
