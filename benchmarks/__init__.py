"""What is fast, measured beside what could be used instead: ``python -m benchmarks``."""
