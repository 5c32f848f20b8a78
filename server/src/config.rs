//! Settings: few, by flag, environment (`PINGJI_…`) or file, in that order; an unknown or bad one is a named error.

use serde::Deserialize;
use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("setting {name}: {why}")]
pub struct ConfigError {
    /// Its name.
    pub name: String,
    /// What is wrong.
    pub why: String,
}

fn bad(name: &str, why: impl Into<String>) -> ConfigError {
    ConfigError { name: name.into(), why: why.into() }
}

/// Settings as given on the command line or in the environment.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Flags {
    /// Settings file (TOML) [env: PINGJI_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Database: sqlite:///path/file.sqlite or postgres://… [env: PINGJI_DATABASE_URL]
    #[arg(long, global = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// Folder of the embedded database and the deployment's key [env: PINGJI_DATA_DIR, default: var]
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Address to listen on [env: PINGJI_LISTEN, default: 127.0.0.1:8080]
    #[arg(long, global = true, value_name = "ADDR")]
    pub listen: Option<String>,
    /// Folder of the built site [env: PINGJI_SITE_DIR, default: target/site]
    #[arg(long, global = true, value_name = "DIR")]
    pub site_dir: Option<PathBuf>,
    /// TLS certificate chain, PEM [env: PINGJI_TLS_CERT]
    #[arg(long, global = true, value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// TLS private key, PEM [env: PINGJI_TLS_KEY]
    #[arg(long, global = true, value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// City this deployment serves, GB/T 2260 [env: PINGJI_CITY, default: 410100]
    #[arg(long, global = true, value_name = "CODE")]
    pub city: Option<String>,
    /// Addresses of reverse proxies that end TLS, by commas: what they say of whom they ask for is believed [env: PINGJI_PROXY]
    #[arg(long, global = true, value_name = "ADDRS")]
    pub proxy: Option<String>,
    /// Log filter, such as info or server=debug [env: PINGJI_LOG, default: info]
    #[arg(long, global = true, value_name = "FILTER")]
    pub log: Option<String>,
    /// Seconds added to the machine's clock. For tests of what happens at midnight: only a demonstration takes it, and
    /// no environment and no file can set it
    #[arg(long, value_name = "SECONDS", hide = true, global = true, allow_hyphen_values = true)]
    pub clock_offset: Option<i64>,
}

/// The same in a file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    database_url: Option<String>,
    data_dir: Option<PathBuf>,
    listen: Option<String>,
    site_dir: Option<PathBuf>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    city: Option<String>,
    proxy: Option<String>,
    log: Option<String>,
}

/// Settings in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Database.
    pub database_url: String,
    /// Folder for the embedded database and the deployment's key.
    pub data_dir: PathBuf,
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Folder of the built site.
    pub site_dir: PathBuf,
    /// Certificate and key files.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// City, GB/T 2260.
    pub city: i32,
    /// Reverse proxies that end TLS before us: what they say of whom they ask for is believed.
    pub proxies: Vec<IpAddr>,
    /// Log filter.
    pub log: String,
    /// Seconds added to the machine's clock; only a demonstration takes it.
    pub clock_offset_s: i64,
}

const NAMES: [&str; 10] =
    ["CONFIG", "DATABASE_URL", "DATA_DIR", "LISTEN", "SITE_DIR", "TLS_CERT", "TLS_KEY", "CITY", "PROXY", "LOG"];
/// Names that scripts and tests of this project use; they are no settings of the program.
const NOT_OURS: [&str; 6] = ["WASM_FROM", "SITE_PROFILE", "SIMULATE_", "CARGO_LOCK", "TEST_", "SITE_TOOL"];

impl Config {
    /// Settings from flags, the environment and, if one is named, a file.
    ///
    /// # Errors
    /// [`ConfigError`], naming the setting.
    pub fn load(flags: Flags, environment: impl IntoIterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let mut env = std::collections::HashMap::new();
        for (name, value) in environment {
            let Some(rest) = name.strip_prefix("PINGJI_") else { continue };
            if NAMES.contains(&rest) {
                env.insert(rest.to_owned(), value);
            } else if !NOT_OURS.iter().any(|n| rest.starts_with(n)) && rest != "BIN" {
                return Err(bad(
                    &name,
                    format!("is not known; known are {}", NAMES.map(|n| format!("PINGJI_{n}")).join(", ")),
                ));
            }
        }
        let from = |name: &str| env.get(name).filter(|v| !v.is_empty()).cloned();
        let path = |name: &str| from(name).map(PathBuf::from);
        let file = match flags.config.or_else(|| path("CONFIG")) {
            None => File::default(),
            Some(p) => {
                let text = std::fs::read_to_string(&p).map_err(|e| bad("config", format!("{}: {e}", p.display())))?;
                toml::from_str(&text).map_err(|e| bad("config", format!("{}: {}", p.display(), e.message())))?
            }
        };
        let data_dir = flags.data_dir.or_else(|| path("DATA_DIR")).or(file.data_dir).unwrap_or_else(|| "var".into());
        let database_url = flags
            .database_url
            .or_else(|| from("DATABASE_URL"))
            .or(file.database_url)
            .unwrap_or_else(|| format!("sqlite://{}", data_dir.join("pingji.sqlite").display()));
        let listen = flags.listen.or_else(|| from("LISTEN")).or(file.listen).unwrap_or_else(|| "127.0.0.1:8080".into());
        let listen =
            listen.parse().map_err(|_| bad("listen", format!("`{listen}` is no address such as 127.0.0.1:8080")))?;
        let city =
            flags.city.or_else(|| from("CITY")).or(file.city).unwrap_or_else(|| data::reference::CITY.to_string());
        let city = city
            .parse()
            .ok()
            .filter(|c| (110_000..=999_999).contains(c))
            .ok_or_else(|| bad("city", format!("`{city}` is no GB/T 2260 code")))?;
        let tls = match (
            flags.tls_cert.or_else(|| path("TLS_CERT")).or(file.tls_cert),
            flags.tls_key.or_else(|| path("TLS_KEY")).or(file.tls_key),
        ) {
            (Some(c), Some(k)) => Some((c, k)),
            (None, None) => None,
            (Some(_), None) => return Err(bad("tls_key", "is missing: a certificate needs its key")),
            (None, Some(_)) => return Err(bad("tls_cert", "is missing: a key needs its certificate")),
        };
        let proxies = flags.proxy.or_else(|| from("PROXY")).or(file.proxy).unwrap_or_default();
        let proxies = proxies
            .split(',')
            .map(str::trim)
            .filter(|a| !a.is_empty())
            .map(|a| a.parse().map_err(|_| bad("proxy", format!("`{a}` is no address such as 127.0.0.1"))))
            .map(|a: Result<IpAddr, _>| a.map(|a| a.to_canonical()))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            database_url,
            data_dir,
            listen,
            site_dir: flags
                .site_dir
                .or_else(|| path("SITE_DIR"))
                .or(file.site_dir)
                .unwrap_or_else(|| "target/site".into()),
            tls,
            city,
            proxies,
            clock_offset_s: flags.clock_offset.unwrap_or(0),
            log: flags
                .log
                .or_else(|| from("LOG"))
                .or(file.log)
                .unwrap_or_else(|| "info,sqlx=warn,sea_orm_migration=warn".into()),
        })
    }

    /// The database's address without a password.
    #[must_use]
    pub fn database_shown(&self) -> String {
        let Some((scheme, rest)) = self.database_url.split_once("://") else { return "(unreadable)".into() };
        match rest.rsplit_once('@') {
            Some((user, host)) => {
                let user = user.split(':').next().unwrap_or_default();
                format!("{scheme}://{user}:***@{}", host.split('?').next().unwrap_or_default())
            }
            None => format!("{scheme}://{}", rest.split('?').next().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(env: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::load(Flags::default(), env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
    }

    #[test]
    fn defaults_need_nothing() {
        let c = load(&[("HOME", "/"), ("PINGJI_WASM_FROM", "debian")]).unwrap();
        assert_eq!((c.database_url.as_str(), c.listen.port(), c.city), ("sqlite://var/pingji.sqlite", 8080, 410_100));
        assert!(c.proxies.is_empty());
        let c = load(&[("PINGJI_PROXY", "10.0.0.1, ::ffff:10.0.0.2,")]).unwrap();
        assert_eq!(c.proxies, ["10.0.0.1".parse::<IpAddr>().unwrap(), "10.0.0.2".parse().unwrap()]);
    }

    #[test]
    fn an_unknown_or_bad_setting_is_named() {
        for (k, v, name) in [
            ("PINGJI_LISTN", "x", "PINGJI_LISTN"),
            ("PINGJI_LISTEN", "here", "listen"),
            ("PINGJI_LISTEN", "127.0.0.1:99999", "listen"),
            ("PINGJI_CITY", "郑州", "city"),
            ("PINGJI_PROXY", "127.0.0.1, proxy.example", "proxy"),
            ("PINGJI_TLS_CERT", "c.pem", "tls_key"),
            ("PINGJI_TLS_KEY", "k.pem", "tls_cert"),
            ("PINGJI_CONFIG", "/nonexistent", "config"),
        ] {
            assert_eq!(load(&[(k, v)]).unwrap_err().name, name);
        }
    }

    #[test]
    fn a_file_is_read_and_its_unknown_names_refused() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("p.toml");
        let flags = Flags { config: Some(file.clone()), ..Flags::default() };
        std::fs::write(&file, "listen = \"0.0.0.0:1\"\n").unwrap();
        assert_eq!(Config::load(flags.clone(), []).unwrap().listen.port(), 1);
        assert_eq!(
            Config::load(flags.clone(), [("PINGJI_LISTEN".to_owned(), "0.0.0.0:2".to_owned())]).unwrap().listen.port(),
            2
        );
        for text in ["listn = 1", "listen = 5", "= =", "\0"] {
            std::fs::write(&file, text).unwrap();
            assert_eq!(Config::load(flags.clone(), []).unwrap_err().name, "config", "{text}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let show = |u: &str| Config { database_url: u.into(), ..load(&[]).unwrap() }.database_shown();
        assert_eq!(show("postgres://u:se@cret@h:5/d?password=x"), "postgres://u:***@h:5/d");
        assert_eq!(show("sqlite:///a/b.sqlite"), "sqlite:///a/b.sqlite");
        assert_eq!(show("nonsense"), "(unreadable)");
    }
}
