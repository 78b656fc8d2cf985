"""What taking files from a watched folder and writing results into one have in common: names and safe steps."""
