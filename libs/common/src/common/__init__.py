"""What two arcwatch services share. Knows no service."""
