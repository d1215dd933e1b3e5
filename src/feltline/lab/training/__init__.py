"""Training, evaluation and export of networks. The only package that imports torch."""
