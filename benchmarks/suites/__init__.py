"""Tests written by others, run against this package; see `python -m benchmarks.suites --help`."""
