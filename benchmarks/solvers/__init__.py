"""One file per solver that takes part in the benchmark."""
