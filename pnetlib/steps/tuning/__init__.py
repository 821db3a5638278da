"""How far markers, edges and effects move when the tuning folds are drawn again (notebooks 04, 05)."""
