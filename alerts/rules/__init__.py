"""The predicates of the rule table, one file a family. Pure: what a patient's rows say, never whom to tell."""
