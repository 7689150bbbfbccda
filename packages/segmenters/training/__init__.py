"""The training loop: losses, schedule, resume, hold-out, several processes."""
