"""What is answered of one submission: all that is known of it, and its page. It knows no list of them."""
