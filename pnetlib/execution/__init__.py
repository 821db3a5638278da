"""Where and how tasks are computed: engine, workers, threads, memory, compiled kernels, files."""
