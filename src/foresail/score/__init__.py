"""Plans held against what came: accuracy, calibration, shortage, waste, drift; pure functions."""
