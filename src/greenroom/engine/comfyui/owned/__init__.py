"""A ComfyUI process that Greenroom starts, watches, starts again and ends."""
