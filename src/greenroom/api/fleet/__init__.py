"""The API with which operators see, add, steer and remove workers."""
