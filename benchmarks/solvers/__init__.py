"""The solvers of the benchmark, one file per solver."""
