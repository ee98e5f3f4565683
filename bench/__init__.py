"""Ordo's throughput through HTTP against hand-written SQL on the same database, side by side."""
