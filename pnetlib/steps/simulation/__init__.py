"""Step 06: selection of genes where the truth is known (first table of the paper)."""
