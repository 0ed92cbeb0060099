"""The commands, one module per group: what they take and print. They know no SQL and start no server themselves.

They load what they need when they run, so that `--help` is quick.
"""
