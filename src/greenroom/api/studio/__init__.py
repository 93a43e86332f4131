"""The API of ComfyUI Studio: runner, jobs, events, workflows, presets and files."""
