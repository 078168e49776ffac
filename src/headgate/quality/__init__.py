"""Quality: rules, findings, duplicates, contracts."""
