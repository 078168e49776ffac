"""Who may see and do what, and what a browser is told not to do."""
