"""Verifying versions by the rules' second implementation, from rows or from the Hub's bytes; it ingests nothing."""
