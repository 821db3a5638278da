"""What Park, Imoto and Miyano (2022) state: claims, first table, markers, drugs."""
