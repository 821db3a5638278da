"""Step 02: prediction error of the four methods (figure 2 of the paper)."""
