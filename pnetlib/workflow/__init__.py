"""Runs of the notebooks: their files, driver, freshness, folds, progress and signals."""
