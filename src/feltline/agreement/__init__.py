"""Inter-rater agreement, reaction lags, consensus and audits: arrays in, arrays out."""
