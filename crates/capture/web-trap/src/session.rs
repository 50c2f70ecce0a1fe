//! One connection: requests in, answers out, each wait with its deadline.

use bytes::{Buf, BytesMut};
use listener::Lease;
use model::Client;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

use crate::WebTrap;
use crate::deadline::{Deadline, Expired};
use crate::http::{Body, BodyReader, Framing, Head, Parsed, Progress, Refusal, parse};

/// Room for the head of most requests. An idle connection holds this much and no more.
const USUAL_HEAD: usize = 1_024;
/// A head longer than this counts against what all connections may hold together.
const LONG_HEAD: usize = 4_096;
/// How much of a body is read at a time.
const BODY_PIECE: usize = 8_192;
/// Answers to pipelined requests are sent once they come to this many bytes.
const OUT_FULL: usize = 32 << 10;
/// How long, and how much, is read from a client that was refused, so that the refusal reaches it: closing with bytes
/// unread resets the connection (RFC 9112, section 9.6).
const LINGER_TIME: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 256 << 10;

impl WebTrap {
    /// Serves one connection, over whatever carries it, until it ends: `buffered` is what was read of it before.
    ///
    /// Ends after the request under way once `shutdown` is cancelled. Must run on a tokio runtime.
    pub async fn serve_connection<S>(&self, stream: S, buffered: BytesMut, client: Client, shutdown: &CancellationToken)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        self.start_writing();
        let opened = Instant::now();
        let timer = Deadline::new(opened + self.config.limits.head_time);
        let mut session = Session {
            trap: self,
            stream,
            buffer: buffered,
            out: Vec::new(),
            client,
            timer,
            opened,
            head_late: None,
            lease: None,
            shutdown,
        };
        // Every way in which it can end is the client's business or has been counted.
        let _: Result<(), Ended> = session.run().await;
    }
}

/// The connection is at its end.
struct Ended;

impl From<Expired> for Ended {
    fn from(_: Expired) -> Self {
        Self
    }
}

impl From<std::io::Error> for Ended {
    fn from(_: std::io::Error) -> Self {
        Self
    }
}

struct Session<'a, S> {
    trap: &'a WebTrap,
    stream: S,
    /// Bytes read and not yet used.
    buffer: BytesMut,
    /// Answers not yet sent.
    out: Vec<u8>,
    client: Client,
    timer: Deadline,
    opened: Instant,
    /// When the head that has begun is late.
    head_late: Option<Instant>,
    /// What the connection holds of the memory that all share.
    lease: Option<Lease>,
    shutdown: &'a CancellationToken,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<'_, S> {
    async fn run(&mut self) -> Result<(), Ended> {
        loop {
            let limits = &self.trap.config.limits;
            match parse(&self.buffer, limits) {
                Parsed::Incomplete => self.read_head().await?,
                Parsed::Refused(refusal) => return self.refuse(refusal).await,
                Parsed::Whole(head) if head.framing == Framing::None => {
                    let keep = head.keep_alive && may_go_on(self.trap, self.opened, self.shutdown);
                    self.trap.answer(&head, &Body::default(), self.client, keep, &mut self.out).await;
                    let length = head.length;
                    self.buffer.advance(length);
                    self.after_answer(keep).await?;
                }
                Parsed::Whole(head) => {
                    let (length, framing, expects) = (head.length, head.framing, head.expects_continue());
                    let head = self.buffer.split_to(length);
                    self.answer_with_body(&head, framing, expects).await?;
                }
            }
        }
    }

    async fn after_answer(&mut self, keep: bool) -> Result<(), Ended> {
        (self.lease, self.head_late) = (None, None);
        if !keep {
            self.send().await?;
            return self.close().await;
        }
        if self.out.len() >= OUT_FULL { self.send().await } else { Ok(()) }
    }

    /// Reads until there is something new to make a head of.
    async fn read_head(&mut self) -> Result<(), Ended> {
        self.send().await?;
        let limits = &self.trap.config.limits;
        if self.buffer.is_empty() {
            return self.read_first_bytes(Instant::now() + limits.idle_time).await;
        }
        let late = *self.head_late.get_or_insert_with(|| Instant::now() + limits.head_time);
        loop {
            let looked_at = self.buffer.len();
            if looked_at > LONG_HEAD && self.lease.is_none() {
                self.lease = self.trap.held.try_take(limits.head_bytes);
                if self.lease.is_none() {
                    return self.refuse(Refusal::Overloaded).await;
                }
            }
            self.buffer.reserve(if looked_at < USUAL_HEAD { USUAL_HEAD } else { LONG_HEAD });
            match self.timer.until(late, self.stream.read_buf(&mut self.buffer)).await {
                Ok(Ok(0) | Err(_)) => return Err(Ended),
                Ok(Ok(_)) => {}
                Err(Expired) => return self.refuse(Refusal::Late).await,
            }
            // To parse a long head again for each byte that comes would let a client waste our time.
            let length = self.buffer.len();
            if length <= USUAL_HEAD
                || length >= limits.head_bytes
                || ends_head(&self.buffer[looked_at.saturating_sub(2)..])
            {
                return Ok(());
            }
        }
    }

    /// Waits for a request to begin; a shutdown ends the wait.
    async fn read_first_bytes(&mut self, idle_end: Instant) -> Result<(), Ended> {
        if self.buffer.capacity() != USUAL_HEAD {
            self.buffer = BytesMut::with_capacity(USUAL_HEAD);
        }
        let shutdown = self.shutdown;
        let read = async {
            tokio::select! {
                biased;
                read = self.stream.read_buf(&mut self.buffer) => read,
                () = shutdown.cancelled() => Ok(0),
            }
        };
        match self.timer.until(idle_end, read).await?? {
            0 => Err(Ended),
            _ => Ok(()),
        }
    }

    /// Reads a body and answers; the head stands in bytes of its own, since the buffer goes on.
    async fn answer_with_body(&mut self, head: &[u8], framing: Framing, expects_continue: bool) -> Result<(), Ended> {
        let limits = &self.trap.config.limits;
        let announced = match framing {
            Framing::Length(length) => usize::try_from(length).unwrap_or(usize::MAX),
            Framing::Chunked | Framing::None => usize::MAX,
        };
        let most = announced.min(limits.body_bytes);
        self.lease = self.trap.held.try_take(most + BODY_PIECE);
        if self.lease.is_none() {
            return self.refuse(Refusal::Overloaded).await;
        }
        if expects_continue {
            self.out.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
        }
        self.send().await?;
        let (body, ended) = match self.read_body(BodyReader::new(framing, most)).await {
            Ok(body) => body,
            Err(refusal) => return self.refuse(refusal).await,
        };
        // It was whole before and is the same now.
        let Parsed::Whole(head) = parse(head, limits) else { return Err(Ended) };
        self.answer_to(&head, &body, ended).await
    }

    async fn answer_to(&mut self, head: &Head<'_>, body: &Body, ended: bool) -> Result<(), Ended> {
        let keep = head.keep_alive && ended && may_go_on(self.trap, self.opened, self.shutdown);
        self.trap.answer(head, body, self.client, keep, &mut self.out).await;
        if ended {
            return self.after_answer(keep).await;
        }
        self.send().await?;
        self.linger().await
    }

    /// The body as far as it came in time, and whether its end did.
    async fn read_body(&mut self, mut reader: BodyReader) -> Result<(Body, bool), Refusal> {
        let late = Instant::now() + self.trap.config.limits.body_time;
        loop {
            match reader.take(&mut self.buffer)? {
                Progress::Done => return Ok((reader.finish(), true)),
                Progress::Over => return Ok((reader.finish(), false)),
                Progress::More => {}
            }
            self.buffer.reserve(BODY_PIECE);
            match self.timer.until(late, self.stream.read_buf(&mut self.buffer)).await {
                Ok(Ok(1..)) => {}
                Ok(Ok(0) | Err(_)) | Err(Expired) => return Ok((reader.finish(), false)),
            }
        }
    }

    /// Sends what has been answered.
    async fn send(&mut self) -> Result<(), Ended> {
        if self.out.is_empty() {
            return Ok(());
        }
        // Taken, so that an idle connection holds no room for answers.
        let out = std::mem::take(&mut self.out);
        let late = Instant::now() + self.trap.config.limits.answer_time;
        let stream = &mut self.stream;
        Ok(self
            .timer
            .until(late, async {
                stream.write_all(&out).await?;
                stream.flush().await
            })
            .await??)
    }

    /// Says why no more is read, and closes.
    async fn refuse(&mut self, refusal: Refusal) -> Result<(), Ended> {
        self.trap.refuse(refusal.status(), &mut self.out);
        self.send().await?;
        self.linger().await
    }

    /// Closes, once what the client is still sending is out of the way.
    async fn linger(&mut self) -> Result<(), Ended> {
        self.buffer = BytesMut::new();
        let late = Instant::now() + LINGER_TIME;
        let stream = &mut self.stream;
        let rest = async {
            stream.shutdown().await?;
            let mut discarded = [0; 512];
            let mut read = 0;
            while read < LINGER_BYTES {
                match stream.read(&mut discarded).await? {
                    0 => break,
                    more => read += more,
                }
            }
            Ok::<(), std::io::Error>(())
        };
        self.timer.until(late, rest).await??;
        Err(Ended)
    }

    async fn close(&mut self) -> Result<(), Ended> {
        let late = Instant::now() + LINGER_TIME;
        self.timer.until(late, self.stream.shutdown()).await??;
        Err(Ended)
    }
}

/// Whether a connection that has been open since then is kept after this answer.
fn may_go_on(trap: &WebTrap, opened: Instant, shutdown: &CancellationToken) -> bool {
    !shutdown.is_cancelled() && opened.elapsed() < trap.config.limits.connection_time
}

/// Whether there is an empty line in these bytes.
fn ends_head(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|pair| pair == b"\n\n") || bytes.windows(3).any(|three| three == b"\n\r\n")
}
