"""The commands, one module per group. They load what they need when they run, so that `--help` is quick."""
