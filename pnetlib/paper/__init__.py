"""What Park, Imoto and Miyano (2022) state: claims, first table, markers, drugs."""

DEFAULT_SEED = 20220823  # of every random draw, in all steps and commands
