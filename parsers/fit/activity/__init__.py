"""What a FIT activity declares, settled where its messages contradict each other."""

from parsers.fit.activity.values import DEVICE_TIME_END, FIT_EPOCH

__all__ = ["DEVICE_TIME_END", "FIT_EPOCH"]
