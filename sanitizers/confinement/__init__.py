"""The child process in which untrusted bytes are opened."""
