"""Runs of the notebooks: their folder, their parameters, their progress and their driver.

Kept free of imports: the command line must answer before any package is installed.
"""
