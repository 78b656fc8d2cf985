"""Who may do what, and how a person proves who they are. Knows no HTTP."""
