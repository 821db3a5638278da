"""The network solver raced against others: same work, same accuracy, same run."""
