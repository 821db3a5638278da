"""Step 15: verdicts on the paper's claims."""
