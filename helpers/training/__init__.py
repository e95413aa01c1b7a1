"""Training runs: specs, the run store, the grid."""
