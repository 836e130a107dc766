"""The rules by kind, each in a file of its own: `pain/p1_high_pain.py` has the rule `HIGH_PAIN`.

`adherence/` has the rules A1 to A8, `pain/` P1 to P8 and `heart/` H1 to H6. To add a rule, add its
file and name it in `alerts.registry.RULES`. Nothing else refers to a rule by its id.
"""
