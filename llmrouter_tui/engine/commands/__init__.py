"""What a screen, a script or the admin API can ask of a running router, by subject."""
