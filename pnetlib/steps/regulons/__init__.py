"""Step 14: networks judged by known regulons, and the named edge with transcription factors."""
