"""Computations, figures and sentences of the twelve steps, one package per notebook.

Many computations take two optional arguments: `engine`, which computes their tasks (by default one
thread; results do not depend on it), and `advance`, which is called after each task.
"""
