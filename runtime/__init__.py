"""What every process shares: log lines, retries, counters, the wait for a stop.

It must not know what a process does.
"""
