"""Step 16: verdicts on the paper's claims."""
