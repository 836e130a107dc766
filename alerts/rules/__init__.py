"""The rules, each in a file of its own: `p1_high_pain.py` has the rule `HIGH_PAIN`.

To add a rule, add its file and name it in `alerts.registry.RULES`. Nothing else refers to a rule by
its id.
"""
