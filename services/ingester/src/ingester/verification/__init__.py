"""Verifies versions by the second rules, from rows or from the Hub's bytes. It knows no message and no ingestion."""
