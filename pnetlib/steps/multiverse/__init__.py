"""Step 15: every claim under every reading of the paper."""
