"""The command `headgate`: one file a command, presentation only."""
