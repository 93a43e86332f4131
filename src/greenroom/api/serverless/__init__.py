"""RunComfy's serverless API: deployments, and requests that run them."""
