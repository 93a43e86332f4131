"""What ComfyUI's server and Comfy Cloud say alike: live messages, node classes, models, masks."""
