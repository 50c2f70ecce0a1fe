//! Whole worlds, run against a small web server and a small mail server of the tests' own.

// The only clients of these servers are the crate's own.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use listener::proxy_header::{Parsed, parse};
use model::VisitorNet;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::calendar::{CUT, RETURN};
use crate::plan::{ActorKind, How};
use crate::truth::{JudgedDelivery, TrueMessage};

/// What the two servers saw.
#[derive(Debug, Default)]
struct Seen {
    /// The world's time, in seconds.
    now: AtomicI64,
    pages: AtomicUsize,
    /// To whom each address was handed out, and when.
    handed_out: Mutex<HashMap<String, (IpAddr, i64)>>,
    posts: Mutex<Vec<String>>,
    /// Who sent each message, its recipients and its text.
    messages: Mutex<Vec<(IpAddr, Vec<String>, String)>>,
    passwords: AtomicUsize,
}

/// Reads a PROXY header; the client's address is what it says.
async fn client_of(stream: &mut BufReader<TcpStream>) -> IpAddr {
    let mut bytes = Vec::new();
    loop {
        bytes.push(stream.read_u8().await.unwrap());
        match parse(&bytes) {
            Parsed::Incomplete => {}
            Parsed::Header(header) => return header.source.unwrap().ip(),
            other => panic!("{other:?}"),
        }
    }
}

async fn serve<F: Future<Output = ()> + Send + 'static>(
    listener: TcpListener,
    seen: Arc<Seen>,
    serve: fn(TcpStream, Arc<Seen>) -> F,
) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(serve(stream, Arc::clone(&seen)));
    }
}

async fn serve_web(stream: TcpStream, seen: Arc<Seen>) {
    let mut stream = BufReader::new(stream);
    let client = client_of(&mut stream).await;
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if stream.read_line(&mut head).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let length =
            head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).map_or(0, |n| n.parse().unwrap());
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.unwrap();
        let mut words = head.split(' ');
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        let host = head.lines().find_map(|line| line.strip_prefix("Host: ")).unwrap();
        let base = if host == "pages.example" { &path[..path[1..].find('/').unwrap() + 1] } else { "" };
        let answer = if method == "POST" {
            seen.posts.lock().unwrap().push(String::from_utf8(body).unwrap());
            "<p>Thanks</p>".to_owned()
        } else if path.ends_with("/robots.txt") {
            format!("User-agent: *\nDisallow: {base}/keep-out/\n")
        } else {
            let number = seen.pages.fetch_add(1, Ordering::Relaxed);
            let address = format!("word.{number:06}@trap.test");
            seen.handed_out.lock().unwrap().insert(address.clone(), (client, seen.now.load(Ordering::Relaxed)));
            format!(
                "<p><a href='mailto:{address}'>{}</a> <!-- {address} --><a href='{base}/keep-out/x'></a><a href='{base}/one'>1</a>\
                 <a href='{base}/two'>2</a><form action='{base}/say'><input name=n><input type=hidden name=k value='{address}'></form>",
                address.replace('@', " [at] ")
            )
        };
        // One size of answer is chunked, so that both framings are read.
        let text = if seen.pages.load(Ordering::Relaxed).is_multiple_of(3) {
            format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{answer}\r\n0\r\n\r\n", answer.len())
        } else {
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{answer}", answer.len())
        };
        stream.get_mut().write_all(text.as_bytes()).await.unwrap();
        if head.contains("HTTP/1.0") {
            return;
        }
    }
}

async fn serve_smtp(stream: TcpStream, seen: Arc<Seen>) {
    let mut stream = BufReader::new(stream);
    let client = client_of(&mut stream).await;
    let mut answer = "220 mx.test\r\n".to_owned();
    let mut recipients = Vec::new();
    loop {
        if stream.get_mut().write_all(answer.as_bytes()).await.is_err() {
            return;
        }
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        let upper = line.trim_end().to_ascii_uppercase();
        let verb = upper.split([' ', ':']).next().unwrap();
        answer = match verb {
            "EHLO" => "250-mx.test\r\n250-PIPELINING\r\n250-SIZE 1000000\r\n250 8BITMIME\r\n",
            "RCPT" if upper.ends_with("@TRAP.TEST>") => {
                recipients.push(line[line.find('<').unwrap() + 1..line.rfind('>').unwrap()].to_owned());
                "250 yes\r\n"
            }
            "RCPT" => "550 no\r\n",
            "MAIL" | "RSET" => {
                recipients.clear();
                "250 yes\r\n"
            }
            "DATA" if recipients.is_empty() => "503 nobody\r\n",
            "DATA" => {
                stream.get_mut().write_all(b"354 go on\r\n").await.unwrap();
                let mut text = String::new();
                while !text.ends_with("\r\n.\r\n") {
                    stream.read_line(&mut text).await.unwrap();
                }
                seen.messages.lock().unwrap().push((client, std::mem::take(&mut recipients), text));
                "250 kept\r\n"
            }
            "AUTH" => {
                seen.passwords.fetch_add(1, Ordering::Relaxed);
                "334 VXNlcm5hbWU6\r\n"
            }
            "HELO" => "250 hello\r\n",
            "QUIT" => "221 bye\r\n",
            _ if line.trim_end().ends_with('=') || !line.contains(' ') => "535 no\r\n",
            _ => panic!("{line:?}"),
        }
        .to_owned();
    }
}

/// Runs a world of the tests' scale.
async fn run_world(seed: u64, scale: f64) -> (Plan, Truth, Arc<Seen>) {
    let mut sites = crate::suggest_sites(seed, scale);
    for site in &mut sites {
        site.domains = vec!["trap.test".to_owned()];
    }
    let plan = Plan::with_sites(seed, scale, sites).unwrap();
    let seen = Arc::new(Seen::default());
    let (web, smtp) =
        (TcpListener::bind("127.0.0.1:0").await.unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let targets = Targets::new(web.local_addr().unwrap(), smtp.local_addr().unwrap()).unwrap();
    let servers = [
        tokio::spawn(serve(web, Arc::clone(&seen), serve_web)),
        tokio::spawn(serve(smtp, Arc::clone(&seen), serve_smtp)),
    ];
    let clock_of = Arc::clone(&seen);
    let mut last = None;
    let mut clock = move |at: Timestamp| {
        assert!(last.is_none_or(|last| last <= at), "time never runs backwards");
        last = Some(at);
        clock_of.now.store(at.as_second(), Ordering::Relaxed);
    };
    let mut done = 0;
    let mut progress = |progress: Progress| done = progress.actions;
    let truth = run(&plan, targets, &mut clock, &mut progress).await.unwrap();
    assert_eq!(done, plan.actions().len());
    servers.iter().for_each(|server| server.abort());
    (plan, truth, seen)
}

/// What a trap that opens addresses would say of a message: the address is found whatever was glued to it.
fn judge(message: &TrueMessage, recipient: &str, seen: &Seen) -> Option<JudgedDelivery> {
    let lower = recipient.to_ascii_lowercase().replace(['"', '\''], "").replace("+news", "");
    let address = &lower[lower.find("word.")?..];
    let (visitor, at) = *seen.handed_out.lock().unwrap().get(address)?;
    Some(JudgedDelivery {
        message_id: format!("<{}>", message.message_id),
        recipient: recipient.to_owned(),
        harvester: VisitorNet::of(visitor),
        harvested_at: Timestamp::from_second(at).unwrap(),
    })
}

#[tokio::test]
async fn the_truth_is_what_the_servers_saw() {
    let (_, truth, seen) = run_world(11, 0.02).await;
    assert_eq!(truth.broken, 0);
    assert_eq!(truth.unsent, 0);
    // Every address that was handed out, to whom, when.
    let handed_out = seen.handed_out.lock().unwrap();
    assert_eq!(truth.harvests().count(), handed_out.len());
    for visit in truth.harvests() {
        assert_eq!(handed_out[visit.address.as_ref().unwrap()], (visit.visitor, visit.at.as_second()));
    }
    assert_eq!(truth.posts.len(), seen.posts.lock().unwrap().len());
    assert!(seen.posts.lock().unwrap().iter().all(|post| post.contains("k=word.")), "the hidden field is kept");
    // Every message that was taken in, from whom, for whom.
    let kept = seen.messages.lock().unwrap();
    assert_eq!(truth.messages.iter().filter(|message| message.code == Some(250)).count(), kept.len());
    assert_eq!(truth.accepted().count(), kept.iter().map(|(_, to, _)| to.len()).sum::<usize>());
    let by_id: HashMap<&str, &TrueMessage> = truth.messages.iter().map(|m| (m.message_id.as_str(), m)).collect();
    for (sender, to, text) in kept.iter() {
        let id = text.split("Message-ID: <").nth(1).unwrap().split('>').next().unwrap();
        let message = by_id[id];
        assert_eq!(message.sender, *sender);
        let taken: Vec<_> = message.deliveries.iter().filter(|d| message.accepted(d)).map(|d| &d.recipient).collect();
        assert_eq!(taken, to.iter().collect::<Vec<_>>());
    }
    // And the counts add up.
    let sum = |of: fn(&crate::Count) -> u64| truth.counts.values().map(of).sum::<u64>();
    assert_eq!(sum(|count| count.accepted), truth.accepted().count() as u64);
    assert_eq!(sum(|count| count.messages), truth.messages.len() as u64);
    assert_eq!(sum(|count| count.addresses), handed_out.len() as u64);
    assert!(seen.passwords.load(Ordering::Relaxed) > 0);
}

#[tokio::test]
async fn a_judge_who_opens_addresses_is_right_but_for_caches_and_newsletters() {
    let (_, truth, seen) = run_world(12, 0.05).await;
    let claims = |wanted: fn(Option<How>) -> bool| {
        let chosen = truth.accepted().filter(|(_, delivery)| wanted(delivery.how));
        chosen.filter_map(|(message, delivery)| judge(message, &delivery.recipient, &seen)).collect::<Vec<_>>()
    };
    let sure = truth.score(claims(|how| matches!(how, Some(How::Harvested | How::Bought))));
    assert!(sure.attributable > 300, "{sure:?}");
    assert_eq!((sure.precision, sure.recall, sure.missed), (1.0, 1.0, 0), "{sure:?}");
    // Who claims it of search engines and of framers as well is wrong there, with the right visit.
    let all = truth.score(claims(|how| how.is_some()));
    assert!(all.wrong > 0 && all.wrong == all.wrong_though_visit_right && all.recall == 1.0, "{all:?}");
    // Nobody claimed, all missed; a claim that names somebody else is wrong; one about no message too.
    let none = truth.score([]);
    assert_eq!((none.missed, none.precision, none.recall), (none.attributable, 1.0, 0.0));
    let mut slander = claims(|how| how == Some(How::Harvested));
    slander.truncate(1);
    slander.push(slander[0].clone());
    slander[0].harvester = VisitorNet::of("240.0.0.9".parse().unwrap());
    slander.push(JudgedDelivery { message_id: "nobody@nowhere.example".to_owned(), ..slander[0].clone() });
    let wrong = truth.score(slander);
    assert_eq!(
        (wrong.attributed, wrong.correct, wrong.wrong),
        (2, 0, 2),
        "the second claim about a delivery is not counted"
    );
}

#[tokio::test]
async fn the_same_seed_makes_the_same_truth() {
    // Which address a page hands out is the trap's affair; everything else is the world's.
    let masked = |truth: &Truth| {
        let mut truth = truth.clone();
        for visit in &mut truth.visits {
            visit.address = visit.address.take().map(|_| "handed out".to_owned());
        }
        for delivery in truth.messages.iter_mut().flat_map(|message| &mut message.deliveries) {
            let digits = |letter: char| letter.is_ascii_digit();
            delivery.recipient = if delivery.visit.is_some() {
                delivery.recipient.replace(digits, "0")
            } else {
                delivery.recipient.clone()
            };
        }
        for message in &mut truth.messages {
            message.deliveries.sort_by_key(|delivery| (delivery.visit, delivery.recipient.clone()));
        }
        truth
    };
    let (_, one, _) = run_world(13, 0.01).await;
    let (_, other, _) = run_world(13, 0.01).await;
    assert_eq!(masked(&one), masked(&other));
}

#[tokio::test]
async fn engines_obey_and_rule_breakers_do_not() {
    let (_, truth, _) = run_world(14, 0.05).await;
    let of = |kind: ActorKind| truth.visits.iter().filter(move |visit| visit.kind == kind);
    assert!(of(ActorKind::SearchEngine).any(|visit| visit.path.ends_with("/robots.txt")));
    assert!(of(ActorKind::SearchEngine).all(|visit| !visit.forbidden));
    let broken = of(ActorKind::RuleBreaker).filter(|visit| visit.forbidden).count();
    assert!(broken > 0);
    assert!(of(ActorKind::RuleBreaker).all(|visit| visit.forbidden || visit.path.ends_with("robots.txt")));
    assert!(of(ActorKind::Harvester).any(|visit| visit.forbidden), "harvesters follow every link");
    let readers: HashSet<_> =
        truth.messages.iter().flat_map(|m| &m.deliveries).filter_map(|d| truth.harvester(d)).map(|v| v.kind).collect();
    assert_eq!(readers, HashSet::from([ActorKind::Harvester]), "only harvesters are behind spam");
}

#[tokio::test]
async fn spam_falls_in_the_truth_as_planned_and_the_truth_can_be_written_down() {
    let (plan, truth, _) = run_world(15, 0.05).await;
    let day = jiff::SignedDuration::from_hours(24);
    // To the hour, since what is planned within one is done together.
    for (from, to) in [(CUT - 21 * day, CUT), (CUT, RETURN), (RETURN, plan.span().1)] {
        let planned =
            plan.sessions().filter(|(at, _)| from <= *at && *at < to).flat_map(|(_, session)| &session.letters);
        let planned = planned.filter(|letter| letter.operator.is_some()).count() as f64;
        let sent = truth.messages_a_day(from, to) * to.duration_since(from).as_secs_f64() / 86_400.0;
        assert!((planned - sent).abs() <= 6.0, "{planned} planned from {from} to {to}, {sent} sent");
    }
    let json = serde_json::to_string(&truth).unwrap();
    assert_eq!(serde_json::from_str::<Truth>(&json).unwrap(), truth);
}

#[tokio::test]
async fn a_trap_that_is_not_there_is_named_and_one_elsewhere_never_asked() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let plan = Plan::new(1, 0.01).unwrap();
    let targets = Targets::new(closed, closed).unwrap().with_connections(0);
    let result = run(&plan, targets, &mut |_| {}, &mut |_| {}).await;
    assert!(matches!(result, Err(WorldError::Unreachable { target, .. }) if target == closed));
    let elsewhere = "198.51.100.25:25".parse().unwrap();
    assert!(matches!(Targets::new(closed, elsewhere), Err(WorldError::NotLoopback(_))));
    assert!(matches!(Targets::new(elsewhere, closed), Err(WorldError::NotLoopback(_))));
}
