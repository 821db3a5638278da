"""How often tests, intervals and verdicts err: simulations larger than a test affords."""
