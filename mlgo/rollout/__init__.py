"""Policy x modules -> trajectories and rewards."""
