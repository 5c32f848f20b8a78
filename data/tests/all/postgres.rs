//! A PostgreSQL of the tests' own: started once a process from the system's programs, gone with it, a database a test.
//!
//! `PINGJI_TEST_PG=off` leaves these tests out; without it missing programs are a failure, not a reason to skip.

use sea_orm::{ConnectionTrait, Database};
use std::{
    ffi::OsStr,
    fs,
    net::TcpListener,
    os::unix::fs::{MetadataExt, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

/// The server, and its supervisor's other end: when this process dies, however it dies, the pipe closes, the supervisor
/// stops the server and removes its folder.
struct Server {
    port: u16,
    _supervisor: Child,
}

static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
static NAMES: AtomicU32 = AtomicU32::new(0);

/// The address of a new, empty database; `None` where these tests are switched off.
pub async fn fresh() -> Option<String> {
    if std::env::var("PINGJI_TEST_PG").is_ok_and(|v| v == "off") {
        return None;
    }
    let server = match SERVER.get_or_init(start) {
        Ok(s) => s,
        Err(why) => {
            panic!("PostgreSQL for the tests: {why}. Set PINGJI_TEST_PG_BIN, or PINGJI_TEST_PG=off to do without")
        }
    };
    let address = |name: &str| format!("postgres://pingji@127.0.0.1:{}/{name}", server.port);
    let name = format!("t{}", NAMES.fetch_add(1, Ordering::Relaxed));
    let admin = Database::connect(address("postgres")).await.unwrap();
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    admin.close().await.unwrap();
    Some(address(&name))
}

fn programs() -> Result<PathBuf, String> {
    if let Some(dir) = std::env::var_os("PINGJI_TEST_PG_BIN") {
        return Ok(dir.into());
    }
    let mut found: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|d| d.path().join("bin"))
        .filter(|d| d.join("initdb").is_file())
        .collect();
    found.sort();
    found.pop().ok_or_else(|| "no /usr/lib/postgresql/*/bin/initdb: install the package postgresql".into())
}

/// PostgreSQL does not run as root: its own user, or nobody, as (user, group).
fn user() -> Result<Option<(u32, u32)>, String> {
    if fs::metadata("/proc/self").map_err(|e| e.to_string())?.uid() != 0 {
        return Ok(None);
    }
    let passwd = fs::read_to_string("/etc/passwd").map_err(|e| e.to_string())?;
    ["postgres", "nobody"]
        .iter()
        .find_map(|name| {
            let line = passwd.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':'))?;
            let mut ids = line.split(':').skip(1).map(str::parse);
            Some((ids.next()?.ok()?, ids.next()?.ok()?))
        })
        .map(Some)
        .ok_or_else(|| "there is neither a user postgres nor nobody".into())
}

fn command(user: Option<(u32, u32)>, program: impl AsRef<OsStr>) -> Command {
    let mut c = match user {
        None => Command::new(program),
        Some((uid, gid)) => {
            let mut c = Command::new("setpriv");
            c.args(["--reuid", &uid.to_string(), "--regid", &gid.to_string(), "--clear-groups", "--"]).arg(program);
            c
        }
    };
    c.current_dir("/tmp");
    c
}

fn done(c: &mut Command) -> Result<(), String> {
    let out = c.output().map_err(|e| format!("{c:?}: {e}"))?;
    if out.status.success() { Ok(()) } else { Err(format!("{c:?}: {}", String::from_utf8_lossy(&out.stderr))) }
}

fn folder(user: Option<(u32, u32)>) -> Result<PathBuf, String> {
    let dir = tempfile::Builder::new().prefix("pingji-pg-").tempdir_in("/tmp").map_err(|e| e.to_string())?.keep();
    if let Some((uid, gid)) = user {
        chown(&dir, Some(uid), Some(gid)).map_err(|e| e.to_string())?;
    }
    Ok(dir)
}

/// A cluster as `initdb` makes it takes a second to make and a tenth to copy: made once, kept beside the build.
fn template(bin: &Path, user: Option<(u32, u32)>) -> Result<PathBuf, String> {
    let version = bin.to_string_lossy().replace('/', "_");
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pg{version}-{}", user.map_or(0, |u| u.0)));
    if kept.is_dir() {
        return Ok(kept);
    }
    let dir = folder(user)?;
    let data = dir.join("data");
    let made = done(
        command(user, bin.join("initdb"))
            .args(["--no-sync", "-U", "pingji", "--auth=trust", "-E", "UTF8", "--locale=C", "--wal-segsize=1", "-D"])
            .arg(&data),
    );
    if let Err(why) = made {
        fs::remove_dir_all(dir).map_err(|e| e.to_string())?;
        return Err(why);
    }
    let partial = kept.with_extension(std::process::id().to_string());
    done(Command::new("cp").arg("-a").arg(&data).arg(&partial))?;
    fs::remove_dir_all(dir).map_err(|e| e.to_string())?;
    // Another process may have been first; then its copy is as good.
    if fs::rename(&partial, &kept).is_err() {
        fs::remove_dir_all(&partial).map_err(|e| e.to_string())?;
    }
    Ok(kept)
}

const SUPERVISOR: &str = r#"
"$1/postgres" -D "$2/data" -p "$3" -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
  -c shared_buffers=16MB -c max_connections=300 -c autovacuum=off >"$2/log" 2>&1 </dev/null &
server=$!
read -r _
kill -QUIT "$server"
wait "$server"
rm -rf "$2"
"#;

fn start() -> Result<Server, String> {
    let (bin, user) = (programs()?, user()?);
    let template = template(&bin, user)?;
    for _ in 0..5 {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).map_err(|e| e.to_string())?.port();
        let dir = folder(user)?;
        done(Command::new("cp").arg("-a").arg(&template).arg(dir.join("data")))?;
        let supervisor = command(user, "sh")
            .args(["-c", SUPERVISOR, "sh"])
            .args([bin.as_os_str(), dir.as_os_str()])
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| e.to_string())?;
        for _ in 0..600 {
            let log = fs::read_to_string(dir.join("log")).unwrap_or_default();
            if log.contains("ready to accept connections") {
                return Ok(Server { port, _supervisor: supervisor });
            }
            if log.contains("FATAL") {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        // Somebody took the port in between; dropping the supervisor's pipe ends what was begun.
    }
    Err("it does not start".into())
}
