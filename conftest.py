"""What every test and every notebook's kernel starts from."""

import environment

environment.enter()  # before NumPy is imported
