"""Compiled kernels: plain functions on arrays, without options and without checks."""
