"""What a run found, in short: as values, in sentences of two languages, and in tables."""
