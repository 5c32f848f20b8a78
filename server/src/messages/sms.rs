//! Text messages. No gateway can be reached from here: what one would get is kept in a file, and this one answers as gateways do. It knows a
//! message by its key: one that comes again is a duplicate, and goes nowhere.

use domain::{
    clock,
    codes::{Phone, PhoneKind},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{HashSet, VecDeque},
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

/// What the gateway says of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It has it.
    Taken,
    /// It has had it before.
    Duplicate,
    /// The number is none.
    BadNumber,
    /// Too many at once.
    RateLimit,
    /// Nothing was heard: it may have it.
    Timeout,
}

/// What goes wrong with the next call, for tests and demonstrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It takes nothing: too many at once.
    RateLimit,
    /// It takes the first so many, and refuses the others for now.
    Partial(usize),
    /// It takes all, and its answer is lost.
    LostAnswer,
    /// It hears nothing.
    Timeout,
}

/// A line of the file. The number is masked.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    at: String,
    key: String,
    to: String,
    text: String,
}

#[derive(Debug)]
struct State {
    file: File,
    known: HashSet<String>,
    faults: VecDeque<Fault>,
}

/// The gateway in a file. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Recorded(Arc<Mutex<State>>);

impl Recorded {
    /// Opens the file, or begins one. A line that was cut off by a crash was not taken, and is ended.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn open(path: &Path) -> io::Result<Self> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => vec![],
            Err(e) => return Err(e),
        };
        let text = String::from_utf8_lossy(&bytes);
        let whole = text.rfind('\n').map_or("", |at| &text[..at]);
        let known = whole.lines().filter_map(|l| serde_json::from_str::<Line>(l).ok()).map(|l| l.key).collect();
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        if bytes.last().is_some_and(|b| *b != b'\n') {
            file.write_all(b"\n")?;
        }
        Ok(Self(Arc::new(Mutex::new(State { file, known, faults: VecDeque::new() }))))
    }

    /// What will go wrong with the next calls.
    pub fn does(&self, faults: impl IntoIterator<Item = Fault>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).faults.extend(faults);
    }

    /// Whether it has a message.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).known.contains(key)
    }

    /// Gives it messages (key, number, text), and tells what it says of each. What it took is on the disk before it answers.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn send(&self, batch: &[(&str, &str, &str)], now: i64) -> io::Result<Vec<Answer>> {
        let fault = self.0.lock().unwrap_or_else(PoisonError::into_inner).faults.pop_front();
        let takes = match fault {
            Some(Fault::RateLimit | Fault::Timeout) => 0,
            Some(Fault::Partial(n)) => n,
            Some(Fault::LostAnswer) | None => usize::MAX,
        };
        let mut answers = vec![];
        for (n, (key, to, text)) in batch.iter().enumerate() {
            answers.push(if n < takes {
                self.one(key, to, text, now)?
            } else if fault == Some(Fault::Timeout) {
                Answer::Timeout
            } else {
                Answer::RateLimit
            });
            // As with a gateway that is far away, whoever sends may end between any two.
            tokio::task::yield_now().await;
        }
        let file = self.0.lock().unwrap_or_else(PoisonError::into_inner).file.try_clone()?;
        tokio::task::spawn_blocking(move || file.sync_data()).await.map_err(io::Error::other)??;
        if fault == Some(Fault::LostAnswer) {
            answers.fill(Answer::Timeout);
        }
        Ok(answers)
    }

    fn one(&self, key: &str, to: &str, text: &str, now: i64) -> io::Result<Answer> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.known.contains(key) {
            return Ok(Answer::Duplicate);
        }
        let Some(phone) = to.parse::<Phone>().ok().filter(|p| p.kind() == PhoneKind::Mobile) else {
            return Ok(Answer::BadNumber);
        };
        let line = Line { at: clock::rfc3339(now), key: key.into(), to: phone.masked(), text: text.into() };
        let mut out = serde_json::to_vec(&line)?;
        out.push(b'\n');
        state.file.write_all(&out)?;
        state.known.insert(key.to_owned());
        Ok(Answer::Taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_gateway_answers_as_gateways_do() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sms.log");
        let g = Recorded::open(&path).unwrap();
        let batch = [("a", "13800001111", "x"), ("b", "13800002222", "x"), ("c", "12345", "x")];
        g.does([Fault::RateLimit, Fault::Partial(1), Fault::Timeout, Fault::LostAnswer]);
        use Answer as A;
        for want in [
            [A::RateLimit; 3],
            [A::Taken, A::RateLimit, A::RateLimit],
            [A::Timeout; 3],
            [A::Timeout; 3],
            [A::Duplicate, A::Duplicate, A::BadNumber],
        ] {
            assert_eq!(g.send(&batch, 0).await.unwrap(), want);
        }
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 2);
        assert!(text.contains("138****1111") && !text.contains("13800001111"), "{text}");
        // A crash in the middle of a line: that message was not taken, the next one is whole.
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"at\":\"\",\"key\":\"d\"").unwrap();
        let g = Recorded::open(&path).unwrap();
        assert!(g.has("a") && g.has("b") && !g.has("d"));
        assert_eq!(g.send(&[("d", "13800001111", "x")], 0).await.unwrap(), [A::Taken]);
        assert!(Recorded::open(&path).unwrap().has("d"));
    }
}
