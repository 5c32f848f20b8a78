//! The order of system calls: the log of the database is synced before an acknowledgement is written to a socket.

use super::{
    child::Server,
    gun::{Batch, Gun},
};
use crate::{
    cli::{Failure, say},
    config::Config,
};
use std::{
    collections::HashMap,
    process::{Command, Stdio},
    time::Duration,
};

/// Requests that are watched, one after another.
const REQUESTS: u64 = 25;

/// What the calls show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Order {
    /// Acknowledgements.
    acks: usize,
    /// … before which the log was written and then synced.
    after_sync: usize,
    /// The calls of one of them, for the reader.
    sample: Vec<String>,
}

/// Reads the trace of a server that was asked one thing at a time.
fn order(trace: &str) -> Order {
    let mut out = Order::default();
    // Files that were written in this stretch, and whether a sync of them has ended since.
    let (mut written, mut synced) = (false, false);
    let mut syncing: HashMap<&str, bool> = HashMap::new();
    let mut lines: Vec<&str> = vec![];
    for line in trace.lines() {
        let Some((pid, rest)) = line.split_once(' ') else { continue };
        let call = rest.trim_start().split_once(' ').map_or("", |(_, c)| c);
        let wal = call.contains("-wal>");
        if call.starts_with("pwrite64(") && wal {
            (written, synced) = (true, false);
            lines.push(line);
        } else if (call.starts_with("fdatasync(") || call.starts_with("fsync(")) && wal {
            lines.push(line);
            if call.contains("<unfinished") {
                syncing.insert(pid, true);
            } else if call.trim_end().ends_with("= 0") && written {
                synced = true;
            }
        } else if call.starts_with("<... f") && call.contains("sync resumed>") {
            if syncing.remove(pid).is_some() && call.trim_end().ends_with("= 0") && written {
                synced = true;
            }
            lines.push(line);
        } else if call.contains("HTTP/1.1 200") {
            out.acks += 1;
            out.after_sync += usize::from(written && synced);
            lines.push(line);
            if written && synced && out.sample.is_empty() {
                let (first, last) = (lines.iter().take(1), lines.iter().rev().take(4).rev());
                out.sample = first.chain(last).map(|l| l.chars().take(150).collect()).collect();
            }
            (written, synced) = (false, false);
            lines.clear();
        }
    }
    out
}

/// Traces a server while one gun sends one fill after another.
pub async fn run(config: &Config, gun: &Gun, http: &reqwest::Client, broken: &mut Vec<String>) -> Result<(), Failure> {
    let mut server = Server::start(config).await?;
    let file = config.data_dir.join("strace.out");
    let mut tracer = Command::new("strace")
        .args(["-f", "-y", "-tt", "-s", "40", "-e", "trace=fdatasync,fsync,pwrite64,sendto,sendmsg,write,writev", "-o"])
        .arg(&file)
        .args(["-p", &server.id().to_string()])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("strace: {e}"))?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let first = gun_next(gun, http, &server.base).await?;
    for seq in first..first + REQUESTS {
        let body = serde_json::to_vec(&Batch { records: &[gun.fill(seq)] })?;
        let (status, bytes) = gun.post(http, &server.base, "/api/v1/fills", body).await?;
        if status != 200 || !String::from_utf8_lossy(&bytes).contains("ACCEPTED") {
            broken.push(format!("strace: a fill was answered {status}"));
        }
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.kill()?;
    tracer.wait()?;
    let trace = String::from_utf8_lossy(&std::fs::read(&file)?).into_owned();
    let o = order(&trace);
    say(&format!(
        "strace: of {} acknowledgements {} were written to the socket after the log (-wal) was written and a sync of it (fdatasync or fsync) had ended",
        o.acks.saturating_sub(1),
        o.after_sync
    ));
    for line in &o.sample {
        say(&format!("  {line}"));
    }
    // The first answer tells the number the gun goes on with; nothing was recorded for it.
    if o.after_sync as u64 != REQUESTS || o.acks as u64 != REQUESTS + 1 {
        broken.push(format!("strace: {} of {REQUESTS} acknowledgements after a sync ({} seen)", o.after_sync, o.acks));
    }
    Ok(())
}

/// The number a gun goes on with.
async fn gun_next(gun: &Gun, http: &reqwest::Client, base: &str) -> Result<u64, Failure> {
    let path = "/api/v1/devices/me";
    let mut r = http.get(format!("{base}{path}"));
    for (name, value) in gun.sign("GET", path, b"") {
        r = r.header(name, value);
    }
    let v: serde_json::Value = serde_json::from_slice(&r.send().await?.bytes().await?)?;
    Ok(v["next_seq"].as_u64().ok_or("devices/me told no next_seq")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "\
7 10:00:00.1 pwrite64(9</d/p.sqlite-wal>, \"x\"..., 24, 0) = 24
7 10:00:00.2 fdatasync(9</d/p.sqlite-wal> <unfinished ...>
8 10:00:00.3 write(4<anon_inode:[eventfd]>, \"\\1\", 8) = 8
7 10:00:00.4 <... fdatasync resumed>) = 0
8 10:00:00.5 sendto(11<TCP:[1]>, \"HTTP/1.1 200 OK\\r\\n\"..., 300, MSG_NOSIGNAL, NULL, 0) = 300
";

    #[test]
    fn a_sync_before_the_answer_is_seen() {
        let o = order(GOOD);
        assert_eq!((o.acks, o.after_sync), (1, 1));
        assert!(o.sample[0].contains("pwrite64"));
    }

    #[test]
    fn an_answer_before_the_sync_is_seen() {
        let mut lines: Vec<&str> = GOOD.lines().collect();
        lines.swap(3, 4);
        let o = order(&lines.join("\n"));
        assert_eq!((o.acks, o.after_sync), (1, 0));
        let unsynced = GOOD.replace("= 0\n", "= -1 EIO\n");
        assert_eq!(order(&unsynced).after_sync, 0);
    }
}
