"""What is asked and answered, one module for each group of routes. They know nothing of the application."""
