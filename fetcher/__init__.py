"""The fetcher: asks vendors for what they announced. It reads no payload and derives nothing."""
