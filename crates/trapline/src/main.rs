//! The binary: command line, config, roles.

fn main() {}
