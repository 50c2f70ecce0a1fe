//! One session's I/O: brings bytes to the [`Dialogue`] and replies to the client, under the clock.
//!
//! Each session is one task with one timer. It reads into a buffer that its thread has for all sessions, so a session
//! that waits for its client holds no buffer at all; and it writes once for whatever was read.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::BytesMut;
use model::{Client, Event, MailProtocol, SessionEnding};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until, timeout, timeout_at};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tracing::debug;

use crate::dialogue::{Dialogue, Next};
use crate::recorder::Recorder;
use crate::reply::Farewell;
use crate::tls;
use crate::trap::Shared;
use crate::wire::Wire;

/// What is read at once at most.
const READ_BYTES: usize = 64 << 10;
/// How long a client may take to take its farewell.
const FAREWELL_TIME: Duration = Duration::from_secs(1);
/// The room for replies that a session keeps.
const KEPT_REPLY_ROOM: usize = 512;

thread_local! {
    static READ_BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES].into());
}

/// What a session is about, as far as the listener knows.
pub(crate) struct Introduction {
    pub(crate) client: Client,
    pub(crate) protocol: MailProtocol,
    /// Whether the peer may name clients with XFORWARD.
    pub(crate) may_forward: bool,
    /// What was read from the client while a PROXY header was looked for.
    pub(crate) buffered: BytesMut,
}

/// Runs a session from greeting to ending. Returns once what it leaves behind is handed over.
pub(crate) async fn run<S>(
    trap: Arc<Shared>,
    stream: S,
    introduction: Introduction,
    recorder: &Recorder,
    shutdown: CancellationToken,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let Introduction { client, protocol, may_forward, buffered } = introduction;
    trap.counts.began(protocol);
    let began = Instant::now();
    let mut connection = Connection {
        wire: Wire::Clear(stream),
        dialogue: Dialogue::new(Arc::clone(&trap), client, protocol, may_forward),
        began,
        last_heard: began,
        timer: Box::pin(sleep_until(began + trap.config.limits.idle_time)),
        shutdown: Box::pin(shutdown.cancelled_owned()),
        draining: None,
    };
    let ending = connection.converse(&buffered, recorder).await;
    trap.counts.ended(ending);
    let events = connection.end(trap.clock.now(), ending);
    recorder.record(events).await;
}

struct Connection<S> {
    wire: Wire<S>,
    dialogue: Dialogue,
    began: Instant,
    /// When the client last sent something, or took something.
    last_heard: Instant,
    /// Fires no later than the deadline; is set again when it fired too early. So a read sets no timer.
    timer: Pin<Box<Sleep>>,
    shutdown: Pin<Box<WaitForCancellationFutureOwned>>,
    /// Since when the server is being stopped.
    draining: Option<Instant>,
}

/// Why a session doesn't go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Interruption {
    Closed,
    Reset,
    TimedOut,
    Shutdown,
}

impl From<io::Error> for Interruption {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // TLS without close_notify: closed, as most clients do it.
            io::ErrorKind::UnexpectedEof => Self::Closed,
            _ => Self::Reset,
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Connection<S> {
    /// The dialogue, to its end.
    async fn converse(&mut self, buffered: &[u8], recorder: &Recorder) -> SessionEnding {
        let mut next = if buffered.is_empty() { Next::Write } else { self.dialogue.receive(buffered, 0) };
        loop {
            match self.step(next, recorder).await {
                Ok(Step::Next(following)) => next = following,
                Ok(Step::Ended(ending)) => return ending,
                Err(interruption) => return self.interrupted(interruption).await,
            }
        }
    }

    /// Does what has to be done before the dialogue goes on.
    async fn step(&mut self, next: Next, recorder: &Recorder) -> Result<Step, Interruption> {
        match next {
            Next::Read => {
                self.send().await?;
                return self.hear().await.map(Step::Next);
            }
            Next::Write => self.send().await?,
            Next::Record => recorder.record(self.dialogue.take_probes()).await,
            Next::Append(message) => {
                let appended = self.dialogue.trap.journal.append(vec![Event::Message(*message)]).await;
                self.last_heard = Instant::now();
                let offset_us = self.offset_us();
                self.dialogue.committed(appended.map(|_| ()), offset_us);
            }
            Next::Secure => {
                self.send().await?;
                Box::pin(self.secure()).await?;
                return Ok(Step::Next(Next::Read));
            }
            Next::Close(ending) => {
                self.send().await?;
                return Ok(Step::Ended(ending));
            }
        }
        let offset_us = self.offset_us();
        Ok(Step::Next(self.dialogue.resume(offset_us)))
    }

    /// Waits for bytes of the client's and brings them to the dialogue.
    async fn hear(&mut self) -> Result<Next, Interruption> {
        poll_fn(|cx| {
            self.poll_shutdown(cx);
            if self.draining.is_some() && !self.dialogue.in_transaction() {
                return Poll::Ready(Err(Interruption::Shutdown));
            }
            if let Poll::Ready(heard) = self.poll_hear(cx) {
                return Poll::Ready(heard);
            }
            self.poll_deadline(cx).map(Err)
        })
        .await
    }

    fn poll_hear(&mut self, cx: &mut Context<'_>) -> Poll<Result<Next, Interruption>> {
        READ_BUFFER.with_borrow_mut(|memory| {
            let mut buffer = ReadBuf::new(memory);
            ready!(self.wire.poll_read(cx, &mut buffer))?;
            if buffer.filled().is_empty() {
                return Poll::Ready(Err(Interruption::Closed));
            }
            self.last_heard = Instant::now();
            let offset_us = self.offset_us();
            Poll::Ready(Ok(self.dialogue.receive(buffer.filled(), offset_us)))
        })
    }

    /// Sends the replies that wait.
    async fn send(&mut self) -> Result<(), Interruption> {
        if self.dialogue.replies().is_empty() {
            return Ok(());
        }
        let mut sent = 0;
        poll_fn(|cx| match self.poll_send(cx, &mut sent) {
            Poll::Ready(done) => Poll::Ready(done.map_err(Interruption::from)),
            Poll::Pending => {
                self.poll_shutdown(cx);
                self.poll_deadline(cx).map(Err)
            }
        })
        .await?;
        let replies = self.dialogue.replies();
        replies.clear();
        replies.shrink_to(KEPT_REPLY_ROOM);
        Ok(())
    }

    fn poll_send(&mut self, cx: &mut Context<'_>, sent: &mut usize) -> Poll<io::Result<()>> {
        while *sent < self.dialogue.replies().len() {
            let written = ready!(self.wire.poll_write(cx, &self.dialogue.replies()[*sent..]))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            *sent += written;
            self.last_heard = Instant::now();
        }
        self.wire.poll_flush(cx)
    }

    /// Negotiates TLS. A handshake that fails takes the connection with it (RFC 3207 section 4.1 lets the server
    /// decide; there is no state to go on from).
    async fn secure(&mut self) -> Result<(), Interruption> {
        let Some(acceptor) = self.dialogue.trap.tls.clone() else { return Err(Interruption::Closed) };
        let Wire::Clear(stream) = std::mem::replace(&mut self.wire, Wire::Gone) else {
            return Err(Interruption::Closed);
        };
        let deadline = self.deadline();
        let handshake = tokio::select! {
            handshake = timeout_at(deadline, acceptor.accept(stream)) => handshake,
            () = self.shutdown.as_mut() => return Err(Interruption::Shutdown),
        };
        match handshake {
            Ok(Ok(stream)) => {
                self.dialogue.secured(tls::negotiated(stream.get_ref().1));
                self.wire = Wire::Tls(Box::new(stream));
                self.last_heard = Instant::now();
                Ok(())
            }
            Ok(Err(error)) => {
                debug!(%error, "a TLS handshake failed");
                self.dialogue.trap.counts.tls_failed.increment(1);
                Err(Interruption::Closed)
            }
            Err(_) => Err(Interruption::TimedOut),
        }
    }

    /// Until when the client must do something.
    fn deadline(&self) -> Instant {
        let limits = &self.dialogue.trap.config.limits;
        let deadline = (self.last_heard + limits.idle_time).min(self.began + limits.session_time);
        self.draining.map_or(deadline, |since| deadline.min(since + limits.drain_time))
    }

    /// Notes when the server begins to be stopped.
    fn poll_shutdown(&mut self, cx: &mut Context<'_>) {
        if self.draining.is_none() && self.shutdown.as_mut().poll(cx).is_ready() {
            self.draining = Some(Instant::now());
        }
    }

    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<Interruption> {
        let deadline = self.deadline();
        if self.timer.deadline() > deadline {
            self.timer.as_mut().reset(deadline);
        }
        while self.timer.as_mut().poll(cx).is_ready() {
            if self.deadline() <= Instant::now() {
                let draining = self.draining.is_some();
                return Poll::Ready(if draining { Interruption::Shutdown } else { Interruption::TimedOut });
            }
            self.timer.as_mut().reset(deadline);
        }
        Poll::Pending
    }

    /// Says farewell where there still is somebody, without waiting for long.
    async fn interrupted(&mut self, interruption: Interruption) -> SessionEnding {
        let (farewell, ending) = match interruption {
            Interruption::Closed => return SessionEnding::Dropped,
            Interruption::Reset => return SessionEnding::Reset,
            Interruption::TimedOut => (Farewell::Timeout, SessionEnding::TimedOut),
            Interruption::Shutdown => (Farewell::ShuttingDown, SessionEnding::Shutdown),
        };
        let offset_us = self.offset_us();
        self.dialogue.replies().clear();
        self.dialogue.farewell(farewell, offset_us);
        let mut sent = 0;
        let _ = timeout(FAREWELL_TIME, poll_fn(|cx| self.poll_send(cx, &mut sent))).await;
        ending
    }

    /// Closes the connection; what is left is what it leaves behind.
    fn end(self, ended: model::Timestamp, ending: SessionEnding) -> Vec<Event> {
        let mut wire = self.wire;
        let _ = wire.poll_shutdown(&mut Context::from_waker(std::task::Waker::noop()));
        drop(wire);
        self.dialogue.finish(ended, ending)
    }

    fn offset_us(&self) -> u64 {
        let since: Duration = self.began.elapsed();
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    }
}

/// How a step came out.
enum Step {
    Next(Next),
    Ended(SessionEnding),
}
