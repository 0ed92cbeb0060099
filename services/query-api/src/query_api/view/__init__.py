"""What is shown: the cached view, its projection from events, live events, figures of rows. It knows no HTTP."""
