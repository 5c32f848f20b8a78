//! What was handed over, in a file of its own: it is written before and after each handing-over, so that whoever comes after a process that was
//! killed knows what it had begun. The record alone cannot say: its transactions are for many at once.

use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::Path,
};

/// How long a line is kept, ms: longer than anything is tried.
const KEEP_MS: i64 = 30 * domain::clock::DAY_MS;

/// What is known of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It was begun, and nothing says how it ended.
    Begun,
    /// It was taken.
    Taken,
    /// It was not taken: it may be tried again.
    Left,
}

impl Mark {
    const fn letter(self) -> char {
        match self {
            Self::Begun => 'b',
            Self::Taken => 't',
            Self::Left => 'l',
        }
    }

    fn read(text: &str) -> Option<Self> {
        [Self::Begun, Self::Taken, Self::Left].into_iter().find(|m| text.chars().eq([m.letter()]))
    }
}

/// A journal. It holds keys, no numbers and no addresses.
#[derive(Debug)]
pub struct Journal {
    file: File,
    marks: HashMap<String, Mark>,
}

fn line(text: &str) -> Option<(i64, Mark, &str)> {
    let mut parts = text.splitn(3, '\t');
    Some((parts.next()?.parse().ok()?, Mark::read(parts.next()?)?, parts.next().filter(|k| !k.is_empty())?))
}

impl Journal {
    /// Opens a journal, or begins one. What is old is left behind; a line that was cut off by a crash is none.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn open(path: &Path, now: i64) -> io::Result<Self> {
        let text = match fs::read(path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(e) if e.kind() == io::ErrorKind::NotFound => String::new(),
            Err(e) => return Err(e),
        };
        let mut lines: HashMap<&str, (i64, Mark)> = HashMap::new();
        // What follows the last end of a line was cut off.
        let whole = text.rfind('\n').map_or("", |at| &text[..at]);
        for (at, mark, key) in whole.lines().filter_map(line).filter(|l| l.0 > now.saturating_sub(KEEP_MS)) {
            lines.insert(key, (at, mark));
        }
        let part = path.with_extension("part");
        let mut file = File::create(&part)?;
        let mut out = String::new();
        for (key, (at, mark)) in &lines {
            out.push_str(&format!("{at}\t{}\t{key}\n", mark.letter()));
        }
        file.write_all(out.as_bytes())?;
        file.sync_all()?;
        fs::rename(&part, path)?;
        let file = OpenOptions::new().append(true).open(path)?;
        Ok(Self { file, marks: lines.into_iter().map(|(k, (_, m))| (k.to_owned(), m)).collect() })
    }

    /// What is known of a key.
    #[must_use]
    pub fn mark(&self, key: &str) -> Option<Mark> {
        self.marks.get(key).copied()
    }

    /// Notes something of a key: on the disk when this returns.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put(&mut self, key: &str, mark: Mark, now: i64) -> io::Result<()> {
        self.file.write_all(format!("{now}\t{}\t{key}\n", mark.letter()).as_bytes())?;
        self.file.sync_data()?;
        self.marks.insert(key.to_owned(), mark);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_begun_is_known_after_a_crash() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mail.journal");
        let now = 2_000_000_000_000;
        let mut j = Journal::open(&path, now).unwrap();
        j.put("a", Mark::Begun, now).unwrap();
        j.put("b", Mark::Begun, now).unwrap();
        j.put("b", Mark::Taken, now).unwrap();
        j.put("c", Mark::Begun, now).unwrap();
        j.put("c", Mark::Left, now).unwrap();
        j.put("old", Mark::Taken, now - KEEP_MS - 1).unwrap();
        drop(j);
        // A line that the crash cut off, and one that is none.
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"x\n2000000000000\tt\ta").unwrap();
        let j = Journal::open(&path, now).unwrap();
        let marks = ["a", "b", "c", "d", "old"].map(|k| j.mark(k));
        assert_eq!(marks, [Some(Mark::Begun), Some(Mark::Taken), Some(Mark::Left), None, None]);
    }
}
