"""Bodies of every event that a release ever published: each later release must read them.

NATS keeps events for 30 days, and releases run beside each other. `python -m tests.common.corpus` adds what is new.
"""
