//! A simulated internet with the truth known: demo, accuracy tests, load.
