"""Runs of the notebooks: files, freshness, folds, the driver, progress and signals."""
