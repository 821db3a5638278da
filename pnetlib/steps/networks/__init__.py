"""Step 04: networks of sensitive and resistant lines (figure 4 of the paper)."""
