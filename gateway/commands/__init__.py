"""The commands of `kiyome`, one file for each group."""
