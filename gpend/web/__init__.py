"""The dashboard: reads reports, asks through requests, and never touches a photo."""
