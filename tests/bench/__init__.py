"""What is claimed to be fast, measured beside what it is compared with."""
