"""The stream of events, read in order, told to browsers, replayed to who returns. It knows no HTTP and no database."""
