"""Makes a release: its version in every file that names it, its wheels, what they need, and what is in them.

It knows nothing of what the packages do.
"""
