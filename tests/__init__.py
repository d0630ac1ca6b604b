"""Tests of the package, the tools and the site; a test is where its module is in `sgdsde_helpers`."""
