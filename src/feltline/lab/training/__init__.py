"""Train, judge and export networks. The only package that imports torch."""
