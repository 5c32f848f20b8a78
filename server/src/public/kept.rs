//! Pictures of a form that was not taken: they stay in the record with nothing referring to them, and the form that is shown again names each by a
//! sealed word, so that whoever mends it need not choose them again. A word opens for the form that it was made for, for two hours; a picture that
//! no form attaches goes as whatever nothing refers to does.

use crate::state::AppState;
use data::{attachment, secret::Master};
use domain::attachment::{Attachment, FORM_MAX, UNUSED, is_token};
use std::{net::IpAddr, time::Instant};

/// How long a word is good, ms: long enough to look for a number and come back.
const GOOD: i64 = 2 * 3_600_000;
/// How long a picture is named by new words, ms: until well before it is swept.
const NAMED: i64 = UNUSED - 2 * GOOD;
/// Bytes of pictures of the public's that nothing refers to, of everybody together: what comes beyond is chosen again.
const ALL: i64 = 1 << 30;
/// Longest word, bytes: that of the longest name.
const WORD_MAX: usize = 1_200;

/// The form by which a case is brought.
pub(super) const BRING: &str = "bring";

/// The form by which something is added to a case.
pub(super) fn supply(number: &str) -> String {
    format!("supply\n{number}")
}

/// Whether a text can be a word: what is none is not shown again.
pub(super) fn can_be(text: &str) -> bool {
    (1..=WORD_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// What a word says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    /// When the picture came, ms.
    since: i64,
    /// Its name in addresses, which nobody is told.
    token: String,
    /// Its name for people.
    pub name: String,
}

fn purpose(form: &str) -> String {
    format!("kept picture\n{form}")
}

impl Ticket {
    /// Reads a word; `None` for one of another form, one that is too old, or none.
    fn read(master: &Master, form: &str, word: &str, now: i64) -> Option<Self> {
        let text = String::from_utf8(master.open(&purpose(form), Some(word).filter(|w| can_be(w))?)?).ok()?;
        let mut parts = text.splitn(4, '\n');
        let until: i64 = parts.next()?.parse().ok()?;
        let since = parts.next()?.parse().ok()?;
        let token = parts.next().filter(|t| is_token(t))?.to_owned();
        let name = parts.next()?.to_owned();
        (now < until).then_some(Self { since, token, name })
    }

    /// A word for it; `None` where it goes soon.
    pub(super) fn word(&self, master: &Master, form: &str, now: i64) -> Option<String> {
        let until = now.saturating_add(GOOD).min(self.since.saturating_add(NAMED));
        let text = format!("{until}\n{}\n{}\n{}", self.since, self.token, self.name);
        if now < until { master.seal(&purpose(form), text.as_bytes()) } else { None }
    }
}

/// What words say, each picture once and no more than so many; and how many of them say nothing any more.
pub(super) fn read<'a>(
    (master, form): (&Master, &str),
    words: impl Iterator<Item = &'a String>,
    most: usize,
    now: i64,
) -> (Vec<Ticket>, usize) {
    let (mut out, mut lost): (Vec<Ticket>, usize) = (vec![], 0);
    for word in words.take(2 * FORM_MAX) {
        match Ticket::read(master, form, word, now) {
            Some(t) if out.iter().any(|o| o.token == t.token) => {}
            Some(t) if out.len() < most => out.push(t),
            _ => lost += 1,
        }
    }
    (out, lost)
}

/// The pictures that words name, in their order, each with whether nothing refers to it; `None` for one that is not there any more.
///
/// # Errors
/// When the database fails.
pub(super) async fn found(app: &AppState, tickets: &[Ticket]) -> Result<Vec<Option<(Attachment, bool)>>, data::Error> {
    let mut out = vec![];
    for t in tickets {
        let row = attachment::one(app.db.read(), &t.token).await?.map(|(row, _)| row).filter(|r| r.by_id == 0);
        out.push(row.and_then(|r| Some((r.shown()?, r.uses == 0))));
    }
    Ok(out)
}

/// Keeps pictures that are in hand, and tells what was kept and what could not be: so much of one address at a time, so much of all together.
pub(super) async fn keep(
    app: &AppState,
    address: Option<IpAddr>,
    files: Vec<Attachment>,
) -> (Vec<Ticket>, Vec<Attachment>) {
    if files.is_empty() {
        return (vec![], vec![]);
    }
    let may = |_: &Attachment| address.is_none_or(|a| app.throttles.kept.ask(a, Instant::now()).is_ok());
    let (wanted, mut left): (Vec<Attachment>, Vec<Attachment>) = files.into_iter().partition(may);
    let since = app.clock.now();
    let tokens = put(app, &wanted, since).await.unwrap_or_else(|e| {
        tracing::error!(error = %e, "pictures of a form that was not taken");
        vec![]
    });
    let mut kept = vec![];
    for f in wanted {
        if tokens.contains(&f.token) {
            kept.push(Ticket { since, token: f.token, name: f.name });
        } else {
            left.push(f);
        }
    }
    (kept, left)
}

/// Enters pictures with nothing referring to them, as far as there is room, and tells which.
async fn put(app: &AppState, files: &[Attachment], now: i64) -> Result<Vec<String>, data::Error> {
    let txn = app.db.begin_write().await?;
    let mut room = ALL.saturating_sub(attachment::waiting(&txn, 0).await?);
    let mut tokens = vec![];
    for f in files {
        if f.bytes <= room {
            room -= f.bytes;
            attachment::put(&txn, f, 0, now).await?;
            tokens.push(f.token.clone());
        }
    }
    txn.commit().await?;
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 2_000_000_000_000;

    fn ticket() -> Ticket {
        Ticket { since: NOW, token: "a".repeat(32), name: "现\n场.jpg".into() }
    }

    #[test]
    fn a_word_opens_for_its_form_and_for_two_hours() {
        let (m, other) = (Master::new(vec![7; 32]), Master::new(vec![8; 32]));
        let word = ticket().word(&m, BRING, NOW).unwrap();
        assert!(can_be(&word) && !word.contains(&"a".repeat(32)) && !word.contains(&hex::encode("a".repeat(32))));
        assert_eq!(Ticket::read(&m, BRING, &word, NOW + GOOD - 1), Some(ticket()));
        assert_eq!(Ticket::read(&m, BRING, &word, NOW + GOOD), None);
        for (master, form) in [(&m, supply("1")), (&other, BRING.to_owned()), (&m, String::new())] {
            assert_eq!(Ticket::read(master, &form, &word, NOW), None, "{form}");
        }
        let made_up = m.seal("case", format!("{}\n0\n{}\nx", NOW + 1, "a".repeat(32)).as_bytes()).unwrap();
        let of_nothing = m.seal(&purpose(BRING), format!("{}\n0\n../x\nx", NOW + 1).as_bytes()).unwrap();
        for bad in ["", "00", "zz", &word[2..], &word.replace('a', "b"), &made_up, &of_nothing, &"0".repeat(4_000)] {
            assert_eq!(Ticket::read(&m, BRING, bad, NOW), None, "{bad}");
        }
        // Shown again and again, it is named until it is about to go.
        assert!(ticket().word(&m, BRING, NOW + NAMED - 1).is_some());
        assert_eq!(ticket().word(&m, BRING, NOW + NAMED), None);
        let late = ticket().word(&m, BRING, NOW + NAMED - 1).unwrap();
        assert_eq!(Ticket::read(&m, BRING, &late, NOW + NAMED), None);
        // The longest name there is fits.
        let long = Ticket { name: "长".repeat(domain::attachment::NAME_MAX), ..ticket() };
        assert!(can_be(&long.word(&m, BRING, NOW).unwrap()));
    }

    #[test]
    fn each_picture_counts_once_and_none_is_too_many() {
        let m = Master::new(vec![7; 32]);
        let word = |n: usize| Ticket { token: format!("{n:032}"), ..ticket() }.word(&m, BRING, NOW).unwrap();
        let words: Vec<String> = [1, 1, 2, 3, 4].into_iter().map(word).chain(["x".to_owned()]).collect();
        let (all, lost) = read((&m, BRING), words.iter(), 3, NOW);
        assert_eq!((all.iter().map(|t| t.token.len()).collect::<Vec<_>>(), lost), (vec![32; 3], 2));
        assert_eq!(read((&m, BRING), std::iter::empty(), 3, NOW), (vec![], 0));
    }
}
