"""Every SQL statement of the query API, and the rows that they read. It knows neither the view nor HTTP."""
