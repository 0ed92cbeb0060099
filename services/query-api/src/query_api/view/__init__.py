"""What is shown: the cached view, its projection from events, live events, and figures of rows. It knows no route."""
