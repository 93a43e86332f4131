"""The library of workflows and the batches of sweeps, as the commands use them."""
