"""The shapes of what is answered of tasks: one of them, and all of a set. They know nothing of where that is kept."""
