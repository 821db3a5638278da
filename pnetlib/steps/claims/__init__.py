"""Step 12: verdicts on the paper's claims."""
