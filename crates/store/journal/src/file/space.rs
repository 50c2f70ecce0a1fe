//! How much room the disk has.

use std::path::Path;

/// Whether less than `reserve` bytes are free for this process. `false` if that can't be told: writing will tell.
pub(crate) fn is_short(folder: &Path, reserve: u64) -> bool {
    if reserve == 0 {
        return false;
    }
    nix::sys::statvfs::statvfs(folder)
        .is_ok_and(|disk| disk.blocks_available().saturating_mul(disk.fragment_size()) < reserve)
}
