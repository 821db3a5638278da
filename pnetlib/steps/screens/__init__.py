"""Step 12: how far prediction can go, by responses that were measured once more."""
