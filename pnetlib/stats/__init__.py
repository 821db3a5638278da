"""General statistics: fold intervals, bootstrap, permutation tests, error bounds."""
