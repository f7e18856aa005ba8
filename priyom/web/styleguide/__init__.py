"""How the staff pages look: one page with every colour, size and control, light and dark side by side."""
