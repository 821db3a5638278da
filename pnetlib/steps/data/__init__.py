"""Step 01: cell lines, genes and responses."""
