"""Inputs changed at random, and what their readers make of them."""
