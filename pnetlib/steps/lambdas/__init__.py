"""Step 07: rules for choosing the lambdas."""
