"""The Hub of a benchmark: a process that serves submissions of real size. Knows nothing of what is measured."""
