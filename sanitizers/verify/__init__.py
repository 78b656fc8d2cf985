"""The second reading, by libraries the sanitizers do not use."""
