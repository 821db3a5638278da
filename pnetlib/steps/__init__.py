"""The steps of the analysis, one folder per notebook: computation, figures, sentences."""
