//! Pages of the sites that are being visited, kept up to a bound: 20,000 sites' would take 100 MB.

use std::fmt;
use std::sync::Arc;

use model::SiteId;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::Site;
use crate::page::Pages;

/// A site's pages, and the site as it was when they were made.
#[derive(Clone)]
struct Kept {
    site: Arc<Site>,
    pages: Arc<Pages>,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<SiteId, Kept> for ByBytes {
    fn weight(&self, _: &SiteId, kept: &Kept) -> u64 {
        kept.pages.bytes() as u64
    }
}

/// Keeps pages.
pub(crate) struct PageCache(Cache<SiteId, Kept, ByBytes>);

/// About what a site's pages take.
const USUAL_BYTES: usize = 6_000;

impl PageCache {
    /// Keeps pages of this many bytes together.
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Cache::with_weighter(bytes / USUAL_BYTES, bytes as u64, ByBytes))
    }

    /// The pages of this site: made anew if they aren't kept, or were made before the site was changed.
    pub(crate) fn pages(&self, site: &Arc<Site>) -> Arc<Pages> {
        if let Some(kept) = self.0.get(&site.id)
            && Arc::ptr_eq(&kept.site, site)
        {
            return kept.pages;
        }
        let pages = Arc::new(Pages::of(site));
        self.0.insert(site.id, Kept { site: Arc::clone(site), pages: Arc::clone(&pages) });
        pages
    }
}

impl fmt::Debug for PageCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PageCache({} sites)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::tests::site;

    #[test]
    fn a_site_that_was_changed_gets_new_pages() {
        let cache = PageCache::new(1 << 20);
        let before = Arc::new(site(1));
        let pages = cache.pages(&before);
        assert!(Arc::ptr_eq(&pages, &cache.pages(&before)));
        let after = Arc::new(Site { owner: Some("Somebody Else".into()), ..site(1) });
        assert_ne!(cache.pages(&after).notice_digest, pages.notice_digest);
    }

    #[test]
    fn many_sites_take_no_more_memory_than_allowed() {
        let cache = PageCache::new(200_000);
        (0..200).for_each(|number| drop(cache.pages(&Arc::new(site(number)))));
        assert!(cache.0.weight() <= 200_000);
        assert!(cache.0.len() > 3);
    }
}
