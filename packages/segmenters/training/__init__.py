"""The training loop, with losses, schedule, checkpoints, hold-out and several processes."""
