"""HTTP: routes, errors, authentication, limits. The only room that knows a web framework."""
