//! A throw-away PostgreSQL of the system's own programs, on a spare port of this machine, with everything on that makes
//! a commit durable.

use super::child::Scratch;
use crate::cli::Failure;
use std::{
    fs::File,
    io,
    net::TcpListener,
    os::unix::fs::{MetadataExt, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// A cluster, stopped and removed with this value.
pub struct Postgres {
    dir: Scratch,
    bin: PathBuf,
    port: u16,
    postmaster: Option<Child>,
    user: Option<&'static str>,
}

/// The newest of Debian's, or what `PINGJI_TEST_PG_BIN` names.
fn programs() -> Result<PathBuf, Failure> {
    if let Some(p) = std::env::var_os("PINGJI_TEST_PG_BIN") {
        return Ok(p.into());
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|d| Some((d.file_name().to_str()?.parse::<u32>().ok()?, d.path().join("bin"))))
        .filter(|(_, p)| p.join("initdb").is_file())
        .max();
    Ok(newest.ok_or("PostgreSQL's programs are not found: install `postgresql`, or set PINGJI_TEST_PG_BIN")?.1)
}

/// User and group ids of a user of this machine.
fn ids(name: &str) -> Option<(u32, u32)> {
    let all = std::fs::read_to_string("/etc/passwd").ok()?;
    let line = all.lines().find(|l| l.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

impl Postgres {
    /// Makes a cluster and starts it.
    pub async fn start(under: Option<&Path>) -> Result<Self, Failure> {
        let (dir, bin) = (Scratch::new(under)?, programs()?);
        // PostgreSQL refuses to run as root.
        let root = std::fs::metadata("/proc/self")?.uid() == 0;
        let user = if root { ["postgres", "nobody"].into_iter().find(|u| ids(u).is_some()) } else { None };
        if let Some((uid, gid)) = user.and_then(ids) {
            chown(dir.path(), Some(uid), Some(gid))?;
        }
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let mut me = Self { dir, bin, port, postmaster: None, user };
        let made = me
            .program("initdb")
            .args(["-A", "trust", "-U", "pingji", "-E", "UTF8", "--no-locale", "-D"])
            .arg(me.data())
            .stdout(Stdio::null())
            .status()?;
        if !made.success() {
            return Err("initdb failed".into());
        }
        me.up().await?;
        Ok(me)
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// A program of PostgreSQL's, as a user that may run it.
    fn program(&self, name: &str) -> Command {
        let path = self.bin.join(name);
        let mut c = match self.user.and_then(ids) {
            Some((uid, gid)) => {
                let mut c = Command::new("setpriv");
                c.args([format!("--reuid={uid}"), format!("--regid={gid}")]).args(["--clear-groups", "--"]).arg(path);
                c
            }
            None => Command::new(path),
        };
        c.current_dir(self.dir.path()).stdin(Stdio::null());
        c
    }

    /// Starts the postmaster and waits until it takes connections.
    pub async fn up(&mut self) -> Result<(), Failure> {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let log = File::options().create(true).append(true).open(self.dir.path().join("postgres.log"))?;
            let mut c = self.program("postgres");
            c.arg("-D").arg(self.data());
            for (name, value) in [
                ("listen_addresses", "127.0.0.1".to_owned()),
                ("port", self.port.to_string()),
                ("unix_socket_directories", String::new()),
                ("fsync", "on".into()),
                ("synchronous_commit", "on".into()),
                ("full_page_writes", "on".into()),
                ("shared_buffers", "256MB".into()),
                ("max_wal_size", "2GB".into()),
            ] {
                c.arg("-c").arg(format!("{name}={value}"));
            }
            let child = c.stdout(log.try_clone()?).stderr(log).spawn()?;
            self.postmaster = Some(child);
            // Right after a kill the old backends may still hold the shared memory: the new postmaster ends, and is tried again.
            while self.postmaster.as_mut().is_some_and(|p| matches!(p.try_wait(), Ok(None))) {
                if sea_orm::Database::connect(self.url("postgres")).await.is_ok() {
                    return Ok(());
                }
                if Instant::now() > until {
                    return Err("PostgreSQL does not take connections".into());
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            if Instant::now() > until {
                return Err("PostgreSQL does not start".into());
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// `kill -9` of the postmaster.
    pub fn kill(&mut self) -> io::Result<()> {
        if let Some(mut p) = self.postmaster.take() {
            p.kill()?;
            p.wait()?;
        }
        Ok(())
    }

    /// Address of a database.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://pingji@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    /// Makes an empty database and tells its address.
    pub async fn database(&self, name: &str) -> Result<String, Failure> {
        use sea_orm::ConnectionTrait;
        let db = sea_orm::Database::connect(self.url("postgres")).await?;
        db.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
        db.close().await?;
        Ok(self.url(name))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(mut p) = self.postmaster.take() {
            // A fast shutdown; the folder is removed next, so nothing of it matters any more.
            let asked = Command::new("kill").arg("-INT").arg(p.id().to_string()).status();
            let until = Instant::now() + Duration::from_secs(10);
            while asked.is_ok() && Instant::now() < until && matches!(p.try_wait(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(50));
            }
            let _ = p.kill();
            let _ = p.wait();
        }
    }
}
