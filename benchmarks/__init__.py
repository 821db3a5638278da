"""The race of solvers on the same work: what `./reproduce.sh bench` runs; not part of the package."""
