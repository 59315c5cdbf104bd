"""Benchmarks: the same work by scalml, its peers and bare NumPy, each run in its own process.

``python -m benchmarks`` runs them all and writes ``benchmarks/results.md``.
"""
