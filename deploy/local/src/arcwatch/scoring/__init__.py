"""Folders on this disk and their scores: what lies in them, and of which task set. It knows no server and no output."""
