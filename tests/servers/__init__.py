"""Real servers that the end-to-end tests and the benchmarks start on 127.0.0.1 and end again."""
