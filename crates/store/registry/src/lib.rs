//! The registry seam: sites, keys' generations, domains, static traps.
