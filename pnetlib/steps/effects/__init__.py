"""Step 05: regulatory effects of the markers (figure 5 of the paper)."""
