"""Step 13: predictions judged by the responses of another laboratory."""
