"""Comfy Cloud's API: jobs, files, assets and user data as its clients speak them."""
