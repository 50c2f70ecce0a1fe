//! What a visitor gets, and what is recorded of it, over real connections.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::HashSet;
use std::sync::Arc;

use common::{NOW, addresses, answers, open, site, start};
use listener::{ProxyPolicy, TrustedProxies};
use model::{ClientIdentity, Event, VisitKind, VisitorNet};
use sha2::{Digest, Sha256};
use web_trap::{ForwardedHeader, LegalNotice, Site, Sites, WebConfig, robots_rule, snippet};

fn loopback_trusted() -> WebConfig {
    WebConfig::trusting(std::iter::once("127.0.0.0/8".parse().unwrap()).collect())
}

#[tokio::test]
async fn a_page_gives_an_address_that_opens_to_this_visitor_and_this_time() {
    let running = start(WebConfig::default()).await;
    let page = running.get("www1.example", "/").await;
    assert_eq!(page.status, 200);
    let found = addresses(&page.body);
    assert_eq!(found.len(), 1, "one address in many forms: {found:?}");
    let sealed = open(&found[0], NOW.parse().unwrap());
    assert_eq!(sealed.site, site(1).id);
    assert_eq!(sealed.visitor, VisitorNet::of("127.0.0.1".parse().unwrap()));
    assert_eq!(sealed.at, NOW.parse().unwrap());

    let visit = running.visit().await;
    assert_eq!(visit.address.as_ref(), Some(&found[0]));
    assert_eq!((visit.site, visit.kind, visit.status), (site(1).id, VisitKind::TrapPage, 200));
    assert_eq!(visit.at, NOW.parse().unwrap());
    assert_eq!(visit.client.identity, ClientIdentity::Direct);
}

#[tokio::test]
async fn a_reload_gives_the_same_page_but_for_the_address() {
    let running = start(WebConfig::default()).await;
    let (mut pages, mut given) = (HashSet::new(), HashSet::new());
    for path in ["/", "/", "/some/where.html?q=1", "/%7Ex"] {
        let page = running.get("www2.example", path).await.body;
        let [address] = addresses(&page).try_into().unwrap();
        let (local, domain) = address.split_once('@').unwrap();
        pages.insert(page.replace(local, "L").replace(domain, "D"));
        given.insert(address);
    }
    assert_eq!((pages.len(), given.len()), (1, 4), "one page, and an address of its own each time");
}

#[tokio::test]
async fn a_site_is_reached_by_host_and_by_path_and_nothing_else_is_there() {
    let running = start(WebConfig::default()).await;
    for (host, path) in [("www3.example", "/"), ("WWW3.example:8080", "/x"), ("any.test", "/slug3"), ("", "/slug3/a")] {
        let page = running.get(host, path).await;
        assert_eq!(page.status, 200, "{host} {path}");
        assert_eq!(open(&addresses(&page.body)[0], NOW.parse().unwrap()).site, site(3).id);
    }
    for (host, path) in [("any.test", "/"), ("any.test", "/robots.txt"), ("", "/slug"), ("127.0.0.1", "/favicon.ico")] {
        let nothing = running.get(host, path).await;
        assert_eq!(nothing.status, 404, "{host} {path}");
        let said = format!("{}{}", nothing.head, nothing.body).to_lowercase();
        assert!(!said.contains("trap") && !said.contains("server:") && !said.contains('@'), "{said}");
    }
    assert_eq!(running.stop().await.len(), 4, "what is for no site is no visit");
}

#[tokio::test]
async fn no_answer_may_be_indexed_or_come_out_of_a_cache() {
    let running = start(WebConfig::default()).await;
    for path in ["/", "/robots.txt"] {
        for number in 1..4 {
            let answer = running.get(&format!("www{number}.example"), path).await;
            assert!(answer.field("cache-control").unwrap().contains("no-store"), "{}", answer.head);
            assert!(["noindex", "none"].iter().any(|word| answer.field("x-robots-tag").unwrap().contains(word)));
            assert_eq!(answer.field("date").unwrap(), "Tue, 11 Nov 2008 21:30:00 GMT");
            assert_eq!(answer.field("server"), None);
        }
    }
}

#[tokio::test]
async fn the_visit_says_how_it_was_asked_and_what_was_agreed_to() {
    let running = start(WebConfig::default()).await;
    running
        .ask(
            "GET /a/b?c=d HTTP/1.1\r\nUser-Agent: Mailsiphon\r\nhOsT: www1.example\r\nX-Odd: 1\r\n\
             referer: http://search.example/\r\nconnection: close\r\n\r\n",
        )
        .await;
    let visit = running.visit().await;
    let request = &visit.request;
    assert_eq!(request.header_names, ["User-Agent", "hOsT", "X-Odd", "referer", "connection"]);
    assert_eq!((&*request.method, &*request.host, &*request.path), ("GET", "www1.example", "/a/b?c=d"));
    assert_eq!((&*request.http_version, request.user_agent.as_deref()), ("1.1", Some("Mailsiphon")));
    assert_eq!(request.referer.as_deref(), Some("http://search.example/"));
    let page = running.get("www1.example", "/").await.body;
    let notice = LegalNotice::of(&site(1));
    assert!(page.contains(&notice.html));
    assert_eq!(visit.notice_digest, Some(Sha256::digest(notice.html.as_bytes()).into()));
}

#[tokio::test]
async fn a_persons_secrets_are_in_no_event() {
    let running = start(WebConfig::default()).await;
    let secrets = "Cookie: a=hush1\r\nAuthorization: Basic hush2\r\nProxy-Authorization: hush3\r\nX-Api-Key: hush4\r\n";
    running.ask(format!("GET / HTTP/1.1\r\nHost: www1.example\r\n{secrets}Connection: close\r\n\r\n")).await;
    running
        .ask(format!(
            "POST / HTTP/1.1\r\nHost: www1.example\r\n{secrets}Content-Length: 3\r\nConnection: close\r\n\r\na=b"
        ))
        .await;
    let events = running.events(2).await;
    assert_eq!(events.len(), 2);
    let told = format!("{events:?}");
    assert!(told.contains("Proxy-Authorization") && told.contains("Cookie"), "the names are evidence");
    assert!(!told.contains("hush"), "{told}");
}

#[tokio::test]
async fn who_breaks_the_rules_of_robots_txt_is_recorded_and_still_gets_an_address() {
    let running = start(WebConfig::default()).await;
    for (host, base) in [("www1.example", ""), ("any.test", "/slug1")] {
        let rules = running.get(host, &format!("{base}/robots.txt")).await;
        assert!(rules.field("content-type").unwrap().starts_with("text/plain"));
        let path =
            rules.body.lines().find_map(|line| line.to_lowercase().starts_with("disallow").then(|| line[9..].trim()));
        let path = path.unwrap();
        assert!(robots_rule(&site(1), &format!("https://{host}{base}")).contains(path));
        let spelled_otherwise = path.replace('r', "%72").replace('a', "%61");
        for asked in [format!("{path}x.html"), path.trim_end_matches('/').to_owned(), spelled_otherwise] {
            assert_eq!(addresses(&running.get(host, &asked).await.body).len(), 1, "{asked}");
        }
    }
    let kinds: Vec<_> = running
        .stop()
        .await
        .iter()
        .map(|event| match event {
            Event::Visit(visit) => (visit.kind, visit.address.is_some()),
            other => panic!("{other:?}"),
        })
        .collect();
    let one = [
        (VisitKind::Robots, false),
        (VisitKind::ForbiddenPath, true),
        (VisitKind::ForbiddenPath, true),
        (VisitKind::ForbiddenPath, true),
    ];
    assert_eq!(kinds, [one, one].concat());
}

#[tokio::test]
async fn a_trusted_proxy_says_who_the_visitor_is_and_a_stranger_cannot() {
    let asked = "GET / HTTP/1.1\r\nHost: www1.example\r\nX-Forwarded-For: 198.51.100.66, 192.0.2.7\r\nConnection: close\r\n\r\n";
    let proxied = start(loopback_trusted()).await;
    let page = proxied.ask(asked).await;
    let visit = proxied.visit().await;
    assert!(common::is(&visit, "192.0.2.7"), "{:?}", visit.client);
    assert_eq!(visit.client.identity, ClientIdentity::Forwarded);
    assert_eq!(open(&addresses(&page.body)[0], visit.at).visitor, VisitorNet::of("192.0.2.7".parse().unwrap()));

    let direct = start(WebConfig::default()).await;
    direct.ask(asked).await;
    assert!(common::is(&direct.visit().await, "127.0.0.1"));

    let other_header = start(WebConfig { forwarded_header: ForwardedHeader::Forwarded, ..loopback_trusted() }).await;
    other_header.ask(asked).await;
    assert!(common::is(&other_header.visit().await, "127.0.0.1"), "the proxy is known not to write that header");
}

#[tokio::test]
async fn a_proxy_header_says_who_the_visitor_is() {
    let trusted: TrustedProxies = std::iter::once("127.0.0.0/8".parse().unwrap()).collect();
    let running = start(WebConfig { proxy: ProxyPolicy::required(trusted), ..WebConfig::default() }).await;
    let asked = "GET / HTTP/1.1\r\nHost: www1.example\r\nX-Forwarded-For: 192.0.2.99\r\nConnection: close\r\n\r\n";
    running.ask(format!("PROXY TCP4 192.0.2.8 127.0.0.1 4000 80\r\n{asked}")).await;
    let visit = running.visit().await;
    assert!(common::is(&visit, "192.0.2.8"), "and the visitor's own claim counts for nothing: {:?}", visit.client);
    assert_eq!((visit.client.port, visit.client.identity), (4000, ClientIdentity::ProxyProtocol));
    assert_eq!(running.say(asked).await, "", "without the header nothing is answered");
}

#[tokio::test]
async fn a_filled_in_form_is_recorded_with_the_address_it_carried() {
    let running = start(WebConfig::default()).await;
    let page = running.get("www1.example", "/").await.body;
    let [address] = addresses(&page).try_into().unwrap();
    let field = page.split('<').find(|tag| tag.starts_with("input") && tag.contains(&address)).unwrap();
    let name = field.split("name=").nth(1).unwrap().split(['"', '\'']).nth(1).unwrap();
    let body = format!("name=Bob&comment=buy+pills+%26+more&{name}={}", address.replace('@', "%40"));
    let form = |kind: &str, body: &str| {
        format!(
            "POST /x HTTP/1.1\r\nHost: www1.example\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
    };
    let thanks = running.ask(form("application/x-www-form-urlencoded", &body)).await;
    assert_eq!(thanks.status, 200);
    assert!(addresses(&thanks.body).is_empty() && thanks.body.contains("</html>"));
    let multipart = format!(
        "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nBob\r\n--b\r\nContent-Disposition: form-data; \
         name=\"{name}\"\r\n\r\n{address}\r\n--b--\r\n"
    );
    running.ask(form("multipart/form-data; boundary=b", &multipart)).await;
    let posts: Vec<_> = running
        .events(3)
        .await
        .into_iter()
        .filter_map(|event| if let Event::Post(post) = event { Some(post) } else { None })
        .collect();
    assert_eq!(posts.len(), 2);
    for post in &posts {
        assert_eq!((post.address.as_ref(), &*post.fields[0].value, post.truncated), (Some(&address), "Bob", false));
        assert_eq!(post.request.method, "POST");
    }
    assert_eq!(posts[0].fields[1].value, "buy pills & more");
    assert_eq!(posts[0].body_bytes, body.len() as u64);
}

#[tokio::test]
async fn a_form_in_chunks_is_read_and_the_connection_goes_on() {
    let running = start(WebConfig::default()).await;
    let said = running
        .say(
            "POST / HTTP/1.1\r\nHost: www1.example\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n\
             3\r\na=b\r\n4\r\n&c=d\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: www1.example\r\nConnection: close\r\n\r\n",
        )
        .await;
    assert_eq!(answers(&said, false).iter().map(|answer| answer.status).collect::<Vec<_>>(), [100, 200, 200]);
    let events = running.events(2).await;
    let Event::Post(post) = &events[0] else { panic!("{events:?}") };
    assert_eq!(post.fields.iter().map(|field| &*field.value).collect::<Vec<_>>(), ["b", "d"]);
}

#[tokio::test]
async fn a_body_over_the_limit_is_recorded_as_far_as_it_goes() {
    let running = start(WebConfig::default()).await;
    let body = format!("comment={}", "x".repeat(200_000));
    let answer = running
        .ask(format!("POST / HTTP/1.1\r\nHost: www1.example\r\nContent-Length: {}\r\n\r\n{body}", body.len()))
        .await;
    assert_eq!((answer.status, answer.field("connection")), (200, Some("close")));
    let post = running.post().await;
    assert!(post.truncated);
    assert_eq!(post.body_bytes, 64 << 10);
    assert_eq!(post.fields[0].value.len(), 8 << 10);
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order_on_one_connection() {
    let running = start(WebConfig::default()).await;
    let one = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: www1.example\r\n\r\n");
    let many: String = (0..50).map(|n| one(&format!("/{n}"))).collect();
    let said = running.say(format!("{many}GET /robots.txt HTTP/1.0\r\nHost: www1.example\r\n\r\n")).await;
    let all = answers(&said, false);
    assert_eq!(all.len(), 51);
    let given: HashSet<String> = all.iter().flat_map(|answer| addresses(&answer.body)).collect();
    assert_eq!(given.len(), 50, "no two of them share an address");
    let paths: Vec<String> = running
        .events(51)
        .await
        .into_iter()
        .map(|event| if let Event::Visit(visit) = event { visit.request.path } else { String::new() })
        .collect();
    assert_eq!(paths[..50], (0..50).map(|n| format!("/{n}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn head_is_answered_as_get_is_without_the_page_and_gives_no_address_out() {
    let running = start(WebConfig::default()).await;
    let said = running.say("HEAD / HTTP/1.1\r\nHost: www1.example\r\nConnection: close\r\n\r\n").await;
    let answer = &answers(&said, true)[0];
    assert!(answer.field("content-length").unwrap().parse::<usize>().unwrap() > 2_000);
    let visit = running.visit().await;
    assert_eq!((visit.address, &*visit.request.method), (None, "HEAD"));
}

#[tokio::test]
async fn http_1_0_is_served_with_and_without_keep_alive() {
    let running = start(WebConfig::default()).await;
    let closed = running.ask("GET /slug1/ HTTP/1.0\r\n\r\n").await;
    assert_eq!((closed.status, closed.field("connection")), (200, Some("close")));
    let said = running.say("GET /slug1/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /slug1/ HTTP/1.0\r\n\r\n").await;
    let kept = answers(&said, false);
    assert_eq!(
        kept.iter().map(|answer| answer.field("connection").unwrap()).collect::<Vec<_>>(),
        ["keep-alive", "close"]
    );
    let visit = running.events(3).await;
    assert!(matches!(&visit[0], Event::Visit(visit) if visit.request.http_version == "1.0"));
}

#[tokio::test]
async fn a_change_of_the_sites_holds_from_the_next_request_on() {
    let running = start(WebConfig::default()).await;
    assert_eq!(running.get("new.example", "/").await.status, 404);
    let renamed = Site { hosts: vec!["new.example".into()], owner: Some("Lind & Co".into()), ..site(1) };
    running.sites.send_replace(Arc::new(Sites::new([renamed]).unwrap()));
    let page = running.get("new.example", "/").await;
    assert!(page.body.contains("Lind &amp; Co"));
    assert_eq!(running.get("www1.example", "/").await.status, 404);
}

#[tokio::test]
async fn the_hidden_links_of_a_snippet_lead_to_trap_pages() {
    let running = start(WebConfig::default()).await;
    let html = snippet(&site(2), "http://any.test/slug2");
    let links: Vec<&str> =
        html.split("http://any.test").skip(1).map(|rest| rest.split(['"', '\'']).next().unwrap()).collect();
    assert!(links.len() >= 4, "{html}");
    for link in links {
        assert_eq!(addresses(&running.get("any.test", link).await.body).len(), 1, "{link}");
    }
    let kinds = running.stop().await;
    assert!(kinds.iter().all(|event| matches!(event, Event::Visit(visit) if visit.kind == VisitKind::TrapPage)));
}

#[tokio::test]
async fn every_visit_answered_before_a_shutdown_is_in_the_journal_after_it() {
    let running = start(WebConfig::default()).await;
    let mut given = HashSet::new();
    for _ in 0..20 {
        given.extend(addresses(&running.get("www1.example", "/").await.body));
    }
    let recorded: HashSet<String> = running
        .stop()
        .await
        .into_iter()
        .filter_map(|event| if let Event::Visit(visit) = event { visit.address } else { None })
        .collect();
    assert_eq!(recorded, given);
}
