"""Step 11: speed compared with other solvers and with the limits of the hardware."""
