"""The benchmark: its task sets, what they are called, and the version of the rules. It knows no Hub and no database."""
