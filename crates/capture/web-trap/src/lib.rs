//! Trap pages, hidden links, comment forms, robots rules.
