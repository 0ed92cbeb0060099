"""The shapes on the wire. They know nothing else of the package."""
