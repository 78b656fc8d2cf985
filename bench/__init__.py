"""Side-by-side benchmarks: the same load through Postfix and through Kiyome, in turn, in one run."""
