"""`make test-pythons`: the tests on every Python that is here."""
