"""Changes the product's code one spot at a time and tells which changes no test notices: `make mutants`."""
