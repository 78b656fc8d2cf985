"""What ISO 32000-2, 12 calls interactive: annotations, form fields, actions, places to go to, bookmarks."""
