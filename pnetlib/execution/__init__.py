"""Where and how computations run: engine, workers, threads, memory, compiled kernels, files."""
