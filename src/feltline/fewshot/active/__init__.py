"""Active learning: which frames to ask for, the review queue, the forecast."""
