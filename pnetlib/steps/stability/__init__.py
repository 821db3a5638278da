"""Step 08: markers and edges on random halves of the lines."""
