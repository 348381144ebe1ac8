"""What foresail tells AWS besides its schedules: metrics, alarms, dashboards, events, summaries."""
