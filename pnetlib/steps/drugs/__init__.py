"""Step 10: further drugs, unseen tissues, another weight on the prediction error."""
