"""The store: stage, plan, commit, history."""
