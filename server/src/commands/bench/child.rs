//! A real `pingji serve` beside us, and the folder it works in.

use crate::{
    cli::{Failure, say},
    config::Config,
};
use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::sync::mpsc;

/// A folder that goes away with this value.
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes one, under `dir` or where the system keeps files that are too large for memory.
    pub fn new(dir: Option<&Path>) -> io::Result<Self> {
        let under = dir.map_or_else(
            || Some(PathBuf::from("/var/tmp")).filter(|p| p.is_dir()).unwrap_or_else(std::env::temp_dir),
            Path::to_path_buf,
        );
        let path = under.join(format!("pingji-bench-{:016x}", rand::random::<u64>()));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Best effort: it lies in a folder for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Settings of a throw-away record in a folder.
pub fn settings(config: &Config, dir: &Path, database_url: Option<&str>) -> Config {
    let file = format!("sqlite://{}", dir.join("pingji.sqlite").display());
    Config {
        database_url: database_url.map_or(file, str::to_owned),
        data_dir: dir.to_path_buf(),
        listen: std::net::SocketAddr::from(([127, 0, 0, 1], 0)),
        tls: None,
        ..config.clone()
    }
}

/// `pingji` with the settings of a record, and nothing from our own environment.
pub fn pingji(config: &Config) -> io::Result<Command> {
    let mut c = Command::new(std::env::current_exe()?);
    for (name, _) in std::env::vars().filter(|(n, _)| n.starts_with("PINGJI_")) {
        c.env_remove(name);
    }
    c.arg("--database-url").arg(&config.database_url).arg("--data-dir").arg(&config.data_dir);
    c.arg("--site-dir").arg(&config.site_dir).arg("--city").arg(config.city.to_string());
    c.arg("--listen").arg(config.listen.to_string()).stdin(Stdio::null());
    Ok(c)
}

/// A running server. Dropping it kills it.
pub struct Server {
    child: Child,
    /// Where it listens, `http://…`.
    pub base: String,
    /// The link that pairs a display.
    pub wall: String,
    log: PathBuf,
}

impl Server {
    /// Starts one and waits until it listens.
    pub async fn start(config: &Config) -> Result<Self, Failure> {
        let log = config.data_dir.join("server.log");
        let err = File::options().create(true).append(true).open(&log)?;
        let mut child = pingji(config)?.arg("serve").stdout(Stdio::piped()).stderr(err).spawn()?;
        let (tx, mut lines) = mpsc::unbounded_channel();
        if let Some(out) = child.stdout.take() {
            std::thread::spawn(move || {
                for line in BufReader::new(out).lines().map_while(Result::ok) {
                    // Read on when nobody listens: a full pipe would stop the server.
                    drop(tx.send(line));
                }
            });
        }
        let mut server = Self { child, base: String::new(), wall: String::new(), log };
        while server.wall.is_empty() {
            match tokio::time::timeout(Duration::from_secs(60), lines.recv()).await {
                Ok(Some(line)) => {
                    if let Some(at) = line.strip_prefix("listening on ") {
                        at.clone_into(&mut server.base);
                    } else if let Some(link) = line.strip_prefix("wall: ") {
                        link.clone_into(&mut server.wall);
                    }
                }
                Ok(None) | Err(_) => {
                    say(&server.log_end());
                    return Err("the server did not start".into());
                }
            }
        }
        Ok(server)
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it lives.
    pub fn alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// `kill -9`.
    pub fn kill(&mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(|_| ())
    }

    /// Everything it logged, over all its lives.
    pub fn log(&self) -> String {
        fs::read(&self.log).map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default()
    }

    fn log_end(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().rev().take(15).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// Memory in use, KiB.
    pub fn rss_kib(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).ok()?;
        status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?.split_whitespace().next()?.parse().ok()
    }

    /// Its metrics: the sum of all lines of a name.
    pub async fn metric(&self, http: &reqwest::Client, name: &str) -> Result<f64, Failure> {
        let text = http.get(format!("{}/metrics", self.base)).send().await?.text().await?;
        let lines = text.lines().filter(|l| l.strip_prefix(name).is_some_and(|r| r.starts_with([' ', '{'])));
        Ok(lines.filter_map(|l| l.rsplit(' ').next()?.parse::<f64>().ok()).sum())
    }

    /// The cookie of a display, got by its link.
    pub async fn pair(&self, http: &reqwest::Client) -> Result<String, Failure> {
        let answer = http.get(&self.wall).send().await?;
        let cookie = answer.headers().get("set-cookie").and_then(|v| v.to_str().ok()).and_then(|v| v.split(';').next());
        Ok(cookie.ok_or("the link of the wall did not pair us")?.to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.kill();
    }
}
