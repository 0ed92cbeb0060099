"""The embedded deployment and the operator's command line."""
