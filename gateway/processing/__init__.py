"""What happens to an item once it is kept."""
