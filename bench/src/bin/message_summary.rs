//! What it costs to sum up a message and to find its relay, in microseconds on one core.
//!
//! Messages of 4 KB with the headers of a real one. The digest is measured apart, since it alone grows with the message.
//! Run it with `--release`.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::hint::black_box;
use std::time::Instant;

const ROUNDS: u32 = 200_000;
const BATCH: u32 = 1_000;

fn main() {
    let message = |size: usize| {
        let mut message = HEADERS.as_bytes().to_vec();
        message.resize(size.max(HEADERS.len()), b'x');
        message
    };
    let (headers, four, large) = (message(0), message(4096), message(1 << 20));
    measure(&format!("summary of {} bytes of headers, digest and all", headers.len()), || {
        black_box(message::summary(black_box(&headers)));
    });
    measure("summary of 4 KB, digest and all", || {
        black_box(message::summary(black_box(&four)));
    });
    measure("relay of 4 KB, the third of three headers", || {
        let _ = black_box(message::relay(black_box(&four), &[]));
    });
    let start = Instant::now();
    black_box(message::summary(black_box(&large)));
    println!("summary of 1 MB, digest and all: {:.0} us", start.elapsed().as_secs_f64() * 1e6);
}

fn measure(what: &str, mut once: impl FnMut()) {
    let mut batches: Vec<f64> = (0..ROUNDS / BATCH)
        .map(|_| {
            let start = Instant::now();
            (0..BATCH).for_each(|_| once());
            start.elapsed().as_secs_f64() * 1e6 / f64::from(BATCH)
        })
        .collect();
    batches.sort_by(f64::total_cmp);
    println!("{what}: {:.2} us at best, {:.2} us in the middle", batches[0], batches[batches.len() / 2]);
}

const HEADERS: &str = "\
Return-Path: <bounce@sender.example>\r\n\
Received: from localhost (localhost [127.0.0.1])\r\n\
\tby inner.example (Postfix) with ESMTP id 98B8943F99\r\n\
\tfor <trap@localhost>; Tue, 27 Aug 2002 07:19:23 -0400 (EDT)\r\n\
Received: from inner [127.0.0.1]\r\n\
\tby localhost with POP3 (fetchmail-5.9.0)\r\n\
\tfor trap@localhost (single-drop); Tue, 27 Aug 2002 12:19:23 +0100 (IST)\r\n\
Received: from pc.example (pool.isp.example [240.7.1.2])\r\n\
\tby mx.example (8.9.3/8.9.3) with ESMTP id MAA31139\r\n\
\tfor <trap@x.example>; Tue, 27 Aug 2002 12:15:47 +0100\r\n\
From: \"Best Offers\" <offers@sender.example>\r\n\
To: trap@x.example\r\n\
Subject: =?utf-8?q?Caf=C3=A9_at_half_price=2C_today_only?=\r\n\
Date: Tue, 27 Aug 2002 05:13:34 -0600\r\n\
Message-ID: <0000120c087e$000013ca$00004693@sender.example>\r\n\
MIME-Version: 1.0\r\n\
Content-Type: text/html; charset=\"iso-8859-1\"\r\n\
Content-Transfer-Encoding: 8bit\r\n\
X-Mailer: Microsoft Outlook Express 5.50.4522.1200\r\n\
\r\n";
