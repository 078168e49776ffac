"""What an operator sees: metrics, health, alerts, traces."""
