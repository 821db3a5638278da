"""Array-level algorithms: moments, networks, the joint fit, paths of lambdas, certificates."""
