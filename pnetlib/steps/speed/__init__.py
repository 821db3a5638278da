"""Step 11: what the benchmark found."""
