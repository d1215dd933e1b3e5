"""What only researchers run: benchmarks, training, corpora, the generated clip."""
