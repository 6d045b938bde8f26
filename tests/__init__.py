"""A regular package, since a dependency of the quality harness installs another one of this name."""
