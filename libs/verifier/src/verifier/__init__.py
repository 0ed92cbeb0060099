"""The rules of scoring a second time, written plainly and slowly, and the comparison with what the first ones gave.

It owns its reading of files, answers, metadata and task sets, and knows nothing of the rest of arcwatch: a fault in one
of the two implementations shows as a disagreement.
"""
