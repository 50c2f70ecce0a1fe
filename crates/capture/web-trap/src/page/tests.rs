//! What every trap page has to be, checked over many sites.
#![allow(clippy::unwrap_used)]

use std::collections::{HashMap, HashSet};

use model::SiteId;

use super::*;

/// A site whose number seeds everything about it.
pub(crate) fn site(number: u32) -> Site {
    let id = SiteId::new(number).unwrap();
    Site {
        id,
        slug: format!("slug{number}"),
        hosts: vec![format!("www{number}.example")],
        domains: vec![format!("mail{number}.example")],
        owner: None,
        seed: [number as u8; 32],
        sealer: trap_address::MasterKey::from_bytes([9; 32]).sealer(id, 0),
    }
}

fn page(number: u32) -> String {
    rendered(number, "anna.lind42", "post.example", "/base")
}

fn rendered(number: u32, local: &str, domain: &str, base: &str) -> String {
    String::from_utf8(Pages::of(&site(number)).trap.render(Filling { local, domain, base })).unwrap()
}

/// What a browser would show, hidden elements included: the text without tags, comments, scripts and styles.
fn visible_text(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        text.push(' ');
        let tag = &rest[at..];
        let end = ["<!--", "<style", "<script"]
            .iter()
            .zip(["-->", "</style>", "</script>"])
            .find(|(open, _)| tag.starts_with(**open))
            .map_or(">", |(_, close)| close);
        rest = &tag[tag.find(end).unwrap() + end.len()..];
    }
    text.push_str(rest);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn most_shared(texts: &[String], run: usize) -> (String, usize) {
    let mut seen: HashMap<Vec<u8>, usize> = HashMap::new();
    for text in texts {
        let runs: HashSet<&[u8]> = text.as_bytes().windows(run).collect();
        runs.into_iter().for_each(|run| *seen.entry(run.to_vec()).or_default() += 1);
    }
    let (run, sites) = seen.into_iter().max_by_key(|(_, sites)| *sites).unwrap();
    (String::from_utf8_lossy(&run).into_owned(), sites)
}

#[test]
fn two_loads_of_a_page_differ_in_the_address_and_in_nothing_else() {
    for number in 0..50 {
        let first = rendered(number, "anna.lind42", "post.example", "");
        let second = rendered(number, "bo.k9", "mail.test", "");
        assert_ne!(first, second);
        let strip = |page: String, local, domain| page.replace(local, "L").replace(domain, "D");
        assert_eq!(strip(first, "anna.lind42", "post.example"), strip(second, "bo.k9", "mail.test"));
    }
}

#[test]
fn no_run_of_visible_text_is_shared_by_a_third_of_the_sites() {
    let texts: Vec<String> = (0..100).map(|number| visible_text(&page(number)).replace("anna.lind42", "")).collect();
    let texts: Vec<String> = texts.into_iter().map(|text| text.replace("post.example", "")).collect();
    let (run, sites) = most_shared(&texts, 25);
    assert!(sites <= 100 / 3, "{sites} of 100 sites say {run:?}");
}

#[test]
fn no_name_or_value_in_the_markup_gives_the_sites_away() {
    let texts: Vec<String> = (0..100)
        .map(|number| {
            let standard = [
                "content",
                "noindex,nofollow,noarchive",
                "width=device-width",
                "document.getElementById",
                "anna.lind42",
                "post.example",
            ];
            standard.iter().fold(page(number), |page, known| page.replace(known, "\n"))
        })
        .collect();
    let (run, sites) = most_shared(&texts, 40);
    assert!(sites <= 100 / 3, "{sites} of 100 sites have {run:?}");
}

#[test]
fn pages_are_of_the_size_of_a_small_real_page() {
    let sizes: Vec<usize> = (0..200).map(|number| page(number).len()).collect();
    assert!(
        sizes.iter().all(|size| (2_500..8_000).contains(size)),
        "{:?} to {:?}",
        sizes.iter().min(),
        sizes.iter().max()
    );
}

#[test]
fn a_page_shows_its_address_in_plain_and_in_hidden_forms() {
    for number in 0..100 {
        let page = page(number);
        assert!(page.matches("anna.lind42").count() >= 5, "{page}");
        assert!(visible_text(&page).contains("anna.lind42@post.example"), "{page}");
    }
}

#[test]
fn a_page_forbids_indexing_following_and_archiving() {
    assert!((0..100).all(|number| page(number).contains("noindex,nofollow,noarchive")));
}

#[test]
fn assistive_technology_meets_no_hidden_link() {
    for number in 0..200 {
        let html = format!("{}{}", page(number), snippet(&site(number), "/base"));
        for anchor in html.split("<a ").skip(1).map(|rest| rest.split('>').next().unwrap()) {
            let for_readers = anchor.contains("mailto:") && !anchor.contains("aria-hidden");
            let hidden = anchor.contains("aria-hidden") && anchor.contains("tabindex") && anchor.contains("nofollow");
            assert!(for_readers || hidden, "{anchor}");
        }
    }
}

#[test]
fn no_element_has_an_attribute_twice() {
    for number in 0..200 {
        let html = format!("{}{}", page(number), snippet(&site(number), "/base"));
        for anchor in html.split("<a ").skip(1).map(|rest| rest.split('>').next().unwrap()) {
            let names: Vec<&str> =
                anchor.split(['"', '\'']).step_by(2).map(|name| name.trim_matches([' ', '=', '/'])).collect();
            let different: HashSet<&str> = names.iter().copied().collect();
            assert_eq!(names.len(), different.len(), "{anchor}");
        }
    }
}

#[test]
fn the_notice_digest_is_that_of_the_notice_in_the_page() {
    use sha2::{Digest, Sha256};
    let notice = LegalNotice::of(&site(5));
    assert!(page(5).contains(&notice.html));
    assert_eq!(notice.digest, <[u8; 32]>::from(Sha256::digest(notice.html.as_bytes())));
    assert_eq!(notice.digest, Pages::of(&site(5)).notice_digest);
}

#[test]
fn the_notice_names_the_owner_whatever_characters_the_name_has() {
    let owned = Site { owner: Some("Lind & <Daughters>\u{1}".into()), ..site(5) };
    assert!(LegalNotice::of(&owned).html.contains("Lind &amp; &lt;Daughters&gt;"));
}

#[test]
fn no_phrase_is_left_unexpanded() {
    for number in 0..300 {
        let text = visible_text(&page(number));
        assert!(!text.contains(['{', '}', '|', '\u{1}', '\u{2}', '\u{3}']) && !text.contains("$owner"), "{text}");
    }
}

#[test]
fn the_page_links_to_the_path_that_robots_txt_forbids() {
    for number in 0..100 {
        let paths = Paths::of(&site(number));
        assert!(page(number).contains(&format!("/base{}", paths.forbidden)));
        assert!(robots(&site(number), &paths, "/base").contains(&format!("/base{}", paths.forbidden)));
        assert!(paths.pages.iter().all(|page| !paths.forbids(page)) && !paths.forbids(&paths.comments));
    }
}

#[test]
fn the_form_carries_the_address_under_a_name_of_the_sites_own() {
    let names: HashSet<String> = (0..50).map(|number| FormNames::of(&site(number)).address).collect();
    assert!(names.len() > 40);
    assert!((0..50).all(|number| page(number).contains(&FormNames::of(&site(number)).address)));
}

#[test]
fn sites_of_one_seed_still_have_pages_of_their_own() {
    let twin = Site { id: SiteId::new(2).unwrap(), ..site(1) };
    assert_ne!(Pages::of(&site(1)).notice_digest, Pages::of(&twin).notice_digest);
}
