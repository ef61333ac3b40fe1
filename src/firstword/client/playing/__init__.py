"""From samples to the ear, and from the microphone."""
