"""What several test folders share: real servers, pollers, free ports."""
