"""History: tidy frames of what was measured, from CloudWatch or files."""
