"""Where instances come from: processes of this machine, or the operator's own commands."""
