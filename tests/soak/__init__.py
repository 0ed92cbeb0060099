"""Breaks a whole deployment for minutes while models are uploaded, and compares afterwards what everybody says of them.

`make soak SEEDS="1 2 3"`. What happens, and when, follows from the seed alone: a seed plays the same faults again.
"""
