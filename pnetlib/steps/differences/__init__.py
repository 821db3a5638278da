"""Step 09: tests and intervals of the differences between sensitive and resistant lines."""
