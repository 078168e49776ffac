"""The dashboard: runs, changes, history, quality and health in a browser. Presentation only; the extra ``web``."""
