"""The rules, one file each: `p1_high_pain.py` holds the one value `HIGH_PAIN`. Pure: they judge rows.

To add a rule, add its file and name it in `alerts.registry.RULES`; nothing else knows a rule by
its id.
"""
