"""A web page to look at: services, plans against what came, what is next, and why; no writes."""
