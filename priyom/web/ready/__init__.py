"""The page where ready answers are kept, and the forms that keep one."""
