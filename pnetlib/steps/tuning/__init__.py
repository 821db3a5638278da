"""How far markers, edges and effects move when the tuning folds are drawn again (04, 05, 09)."""
