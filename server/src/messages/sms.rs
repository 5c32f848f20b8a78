//! Text messages. No gateway can be reached from here: what one would get is kept in a file, and this one answers as gateways do. It knows a
//! message by its key: one that comes again is a duplicate, and goes nowhere.
//!
//! | file | holds |
//! |---|---|
//! | `sms.log` | what it took, a line each, on the disk before it answers |
//! | `sms.reports` | what became of it (the gateway's delivery reports), a line each: `at`, `key`, `stat` |
//! | `sms.reports.at` | up to which byte the reports were noted in the record |
//!
//! The gateway writes a report for each message that it took; one that a crash kept from being written is written at the next start. Whoever reads
//! them trusts nothing of the file but its name: what is no report is passed over, a line without an end waits for it.

use domain::{
    clock,
    codes::{Phone, PhoneKind},
    message::Why,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{HashSet, VecDeque},
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// Longest line of the reports that can be one, bytes.
const LINE_MAX: u64 = 1_024;

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

/// What became of a message that the gateway took, as networks say it (CMPP and SMPP). What says less than these is no end, and no report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stat {
    /// It is on the telephone.
    #[serde(rename = "DELIVRD")]
    Delivered,
    /// It cannot be brought there.
    #[serde(rename = "UNDELIV")]
    Undelivered,
    /// The telephone was not found in time.
    #[serde(rename = "EXPIRED")]
    Expired,
    /// The network refuses it.
    #[serde(rename = "REJECTD")]
    Rejected,
}

impl Stat {
    /// Why it did not arrive; `None` where it did.
    #[must_use]
    pub const fn why(self) -> Option<Why> {
        match self {
            Self::Delivered => None,
            Self::Undelivered => Some(Why::Undelivered),
            Self::Expired => Some(Why::Expired),
            Self::Rejected => Some(Why::Rejected),
        }
    }
}

/// Numbers, masked, whose messages do not arrive, for tests and demonstrations; of the last one nothing is ever heard. All others arrive.
const ODD: [(&str, Option<Stat>); 4] = [
    ("199****0001", Some(Stat::Undelivered)),
    ("199****0002", Some(Stat::Expired)),
    ("199****0003", Some(Stat::Rejected)),
    ("199****0004", None),
];

/// What becomes of a message to a masked number.
fn fate(to: &str) -> Option<Stat> {
    ODD.iter().find(|o| o.0 == to).map_or(Some(Stat::Delivered), |o| o.1)
}

/// A line of the file. The number is masked.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    at: String,
    key: String,
    to: String,
    text: String,
}

/// A line of the reports.
#[derive(Debug, Serialize, Deserialize)]
struct Report {
    at: String,
    key: String,
    stat: Stat,
}

/// What the gateway said since it was asked last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// What became of messages, by their keys.
    pub reports: Vec<(String, Stat)>,
    /// Lines that are no reports.
    pub other: usize,
    /// Up to which byte of the file it was read: for [`Recorded::noted`].
    upto: u64,
}

/// Lines of the reports from a place on.
struct Lines {
    file: BufReader<File>,
    at: u64,
}

impl Lines {
    fn open(path: &Path, at: u64) -> io::Result<Self> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(at))?;
        Ok(Self { file: BufReader::new(file), at })
    }

    /// The next line as a report, `Some(None)` where it is none; `None` where no whole line is left. None is held in memory that is too long.
    fn line(&mut self) -> io::Result<Option<Option<Report>>> {
        let mut line = vec![];
        let mut read = (&mut self.file).take(LINE_MAX).read_until(b'\n', &mut line)? as u64;
        let mut whole = line.last() == Some(&b'\n');
        let fits = whole;
        while !whole {
            let part = self.file.fill_buf()?;
            if part.is_empty() {
                return Ok(None);
            }
            let end = part.iter().position(|b| *b == b'\n');
            let used = end.map_or(part.len(), |n| n + 1);
            self.file.consume(used);
            read += used as u64;
            whole = end.is_some();
        }
        self.at += read;
        Ok(Some(if fits { serde_json::from_slice(&line).ok() } else { None }))
    }
}

#[derive(Debug)]
struct State {
    file: File,
    known: HashSet<String>,
    faults: VecDeque<Fault>,
    reports: File,
    /// Where the reports lie, and where it is kept how far they were noted.
    paths: (PathBuf, PathBuf),
    /// Up to where they were noted.
    noted: u64,
    /// How long they were when nothing more of them was whole.
    looked: Option<u64>,
}

impl State {
    /// Writes what became of a message that was taken, where anything is ever heard of it.
    fn report(&mut self, line: &Line) -> io::Result<()> {
        let Some(stat) = fate(&line.to) else { return Ok(()) };
        let report = Report { at: line.at.clone(), key: line.key.clone(), stat };
        let mut out = serde_json::to_vec(&report)?;
        out.push(b'\n');
        self.reports.write_all(&out)
    }
}

/// A file that lines are added to. A line that was cut off by a crash is ended.
fn lines_of(path: &Path) -> io::Result<File> {
    let mut file = OpenOptions::new().create(true).append(true).read(true).open(path)?;
    let mut last = [b'\n'];
    if file.seek(SeekFrom::End(0))? > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    if last != *b"\n" {
        file.write_all(b"\n")?;
    }
    Ok(file)
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
        let taken: Vec<Line> = whole.lines().filter_map(|l| serde_json::from_str(l).ok()).collect();
        let paths = (path.with_extension("reports"), path.with_extension("reports.at"));
        let noted = match fs::read_to_string(&paths.1) {
            Ok(text) => text.trim().parse().unwrap_or(0),
            // Read again from the beginning, they change nothing.
            Err(_) => 0,
        };
        let mut state = State {
            file: lines_of(path)?,
            known: taken.iter().map(|l| l.key.clone()).collect(),
            faults: VecDeque::new(),
            reports: lines_of(&paths.0)?,
            paths,
            noted,
            looked: None,
        };
        let mut told = HashSet::new();
        let mut lines = Lines::open(&state.paths.0, 0)?;
        while let Some(report) = lines.line()? {
            told.extend(report.map(|r| r.key));
        }
        for line in taken.iter().filter(|l| !told.contains(&l.key)) {
            state.report(line)?;
        }
        Ok(Self(Arc::new(Mutex::new(state))))
    }

    /// What became of messages since it was noted last, a stretch of so many lines; `None` where nothing is new. Whoever has noted it tells
    /// [`Recorded::noted`]; until then the same is told again.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn heard(&self, most: usize) -> io::Result<Option<Heard>> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let long = fs::metadata(&state.paths.0)?.len();
        if long < state.noted {
            // It is another file.
            (state.noted, state.looked) = (0, None);
        }
        if long == state.noted || state.looked == Some(long) {
            return Ok(None);
        }
        let mut lines = Lines::open(&state.paths.0, state.noted)?;
        let mut out = Heard::default();
        while out.reports.len() + out.other < most {
            match lines.line()? {
                Some(Some(report)) => out.reports.push((report.key, report.stat)),
                Some(None) => out.other += 1,
                None => {
                    // Not where something was heard: it may have to be told again.
                    if lines.at == state.noted {
                        state.looked = Some(long);
                    }
                    break;
                }
            }
        }
        out.upto = lines.at;
        Ok((out.upto > state.noted).then_some(out))
    }

    /// Remembers that what was heard is in the record.
    ///
    /// # Errors
    /// When the file that keeps it cannot be written.
    pub fn noted(&self, heard: &Heard) -> io::Result<()> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let part = state.paths.1.with_extension("part");
        fs::write(&part, heard.upto.to_string())?;
        fs::rename(&part, &state.paths.1)?;
        state.noted = heard.upto;
        Ok(())
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
        state.report(&line)?;
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

    fn told(heard: Option<Heard>) -> Vec<(String, Stat)> {
        heard.map(|h| h.reports).unwrap_or_default()
    }

    #[tokio::test]
    async fn a_gateway_tells_what_became_of_what_it_took() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sms.log");
        let g = Recorded::open(&path).unwrap();
        assert_eq!(g.heard(9).unwrap(), None);
        let batch = [
            ("a", "13800001111", "x"),
            ("b", "19900000001", "x"),
            ("c", "19900000002", "x"),
            ("d", "19900000003", "x"),
            ("e", "19900000004", "x"),
            ("f", "12345", "x"),
        ];
        // Taken, though the answer is lost: what became of it is told all the same, and once.
        g.does([Fault::LostAnswer]);
        g.send(&batch, 0).await.unwrap();
        g.send(&batch, 0).await.unwrap();
        use Stat as S;
        let of = |all: &[(&str, S)]| all.iter().map(|(k, s)| ((*k).to_owned(), *s)).collect::<Vec<_>>();
        let first = g.heard(3).unwrap().unwrap();
        assert_eq!(first.reports, of(&[("a", S::Delivered), ("b", S::Undelivered), ("c", S::Expired)]));
        assert_eq!(g.heard(3).unwrap().as_ref(), Some(&first), "until it is noted");
        g.noted(&first).unwrap();
        // A process that comes after goes on from there.
        let g = Recorded::open(&path).unwrap();
        let second = g.heard(3).unwrap().unwrap();
        assert_eq!(second.reports, of(&[("d", S::Rejected)]));
        g.noted(&second).unwrap();
        assert_eq!(g.heard(3).unwrap(), None);
        // A crash between taking and telling: it is told at the next start.
        let line = Line { at: clock::rfc3339(0), key: "z".into(), to: "138****1111".into(), text: String::new() };
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(format!("{}\n", serde_json::to_string(&line).unwrap()).as_bytes()).unwrap();
        let g = Recorded::open(&path).unwrap();
        assert_eq!(told(g.heard(9).unwrap()), of(&[("z", S::Delivered)]));
        // Kept how far it was noted by what is no place, or one beyond the end: it begins anew.
        fs::write(dir.path().join("sms.reports.at"), "99999999").unwrap();
        assert_eq!(told(Recorded::open(&path).unwrap().heard(9).unwrap()).len(), 5);
        fs::write(dir.path().join("sms.reports.at"), "-1 x").unwrap();
        assert_eq!(told(Recorded::open(&path).unwrap().heard(9).unwrap()).len(), 5);
    }

    #[test]
    fn whatever_stands_among_the_reports_the_others_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sms.log");
        let g = Recorded::open(&path).unwrap();
        let good = |key: &str| format!("{{\"at\":\"x\",\"key\":\"{key}\",\"stat\":\"DELIVRD\"}}\n").into_bytes();
        let mut text: Vec<u8> = good("a");
        let long = "x".repeat(3 << 20);
        for garbage in [
            b"\n".to_vec(),
            b"{}\n".to_vec(),
            b"\xff\xfe\0\n".to_vec(),
            b"[[[[[[\n".to_vec(),
            b"{\"at\":\"x\",\"key\":\"b\",\"stat\":\"ACCEPTD\"}\n".to_vec(),
            b"{\"at\":\"x\",\"key\":7,\"stat\":\"DELIVRD\"}\n".to_vec(),
            format!("{long}\n").into_bytes(),
            good(&long),
        ] {
            text.extend(garbage);
        }
        text.extend(good("c"));
        // The last line is not whole yet.
        let (last, half) = (good("d"), 9);
        text.extend(&last[..half]);
        let reports = dir.path().join("sms.reports");
        fs::write(&reports, &text).unwrap();
        let heard = g.heard(99).unwrap().unwrap();
        let keys: Vec<&str> = heard.reports.iter().map(|r| r.0.as_str()).collect();
        assert_eq!((keys, heard.other), (vec!["a", "c"], 8));
        g.noted(&heard).unwrap();
        assert_eq!((g.heard(99).unwrap(), g.heard(99).unwrap()), (None, None));
        OpenOptions::new().append(true).open(&reports).unwrap().write_all(&last[half..]).unwrap();
        assert_eq!(told(g.heard(99).unwrap()), [("d".to_owned(), Stat::Delivered)]);
        // A line of three million letters without an end holds nothing up, and is not read again until it grows.
        let heard = g.heard(99).unwrap().unwrap();
        g.noted(&heard).unwrap();
        let mut file = OpenOptions::new().append(true).open(&reports).unwrap();
        file.write_all(long.as_bytes()).unwrap();
        assert_eq!(g.heard(99).unwrap(), None);
        file.write_all(b"\n").unwrap();
        file.write_all(&good("e")).unwrap();
        let heard = g.heard(99).unwrap().unwrap();
        assert_eq!((told(Some(heard.clone())), heard.other), (vec![("e".to_owned(), Stat::Delivered)], 1));
        // Another file in its place, which is shorter, is read from its beginning.
        g.noted(&heard).unwrap();
        fs::write(&reports, good("f")).unwrap();
        assert_eq!(told(g.heard(99).unwrap()), [("f".to_owned(), Stat::Delivered)]);
        // And a start ends the line that was cut off.
        fs::write(&reports, [good("f"), good("g")[..7].to_vec()].concat()).unwrap();
        let g = Recorded::open(&path).unwrap();
        assert_eq!(g.heard(99).unwrap().map(|h| (h.reports.len(), h.other)), Some((1, 1)));
    }
}
