"""Step 03: markers common to the drugs (figure 3 of the paper)."""
