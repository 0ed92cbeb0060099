"""The statements of the query API, what runs them, and the rows that they read. It knows neither the view nor HTTP."""
