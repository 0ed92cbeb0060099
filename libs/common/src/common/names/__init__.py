"""Owns how folders may be called and what is known of their models; knows nothing of scores, the Hub and tables."""
