"""What is answered from memory: the view, its projection from events, the answers. It knows no route."""
