"""One file per workload, one function per system, each readable as an example of its own."""
