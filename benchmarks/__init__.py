"""The benchmark: lasso solvers compared at the same accuracy. It is not part of the wheel."""
