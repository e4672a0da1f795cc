"""Ways for values to travel, which `benchmarks.values` measures beside each other."""
