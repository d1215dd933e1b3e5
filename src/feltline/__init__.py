"""Label a video for valence and arousal from a few human-labelled frames."""
