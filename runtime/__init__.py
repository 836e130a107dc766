"""What every process shares: log lines and retries. It must not know what a process does."""
