//! The running server.

use crate::{
    access::{Access, first, head},
    attachment::{self, Attachments},
    auth::Devices,
    clock::Clock,
    config::Config,
    credit::Credit,
    displays::{self, Displays},
    drafts::Drafts,
    export::Exports,
    hub::{Hub, HubConfig},
    imports::Imports,
    ingest::Ingest,
    messages::{self, Messages},
    registry::Registry,
    rules::Rules,
    state::AppState,
    store::{self, OpenError},
    tally::Tally,
    tasks::Tasks,
    upload::Uploads,
    web,
};
use axum_server::{Handle, tls_rustls::RustlsConfig};
use data::secret::Master;
use leptos::config::LeptosOptions;
use serde::Deserialize;
use std::{net::SocketAddr, path::Path, time::Duration};
use tokio_util::sync::CancellationToken;

/// Requests in flight may take so long to end when the server stops.
const GRACE: Duration = Duration::from_secs(8);

/// Bytes that the system may hold for one connection (Linux doubles it for its own accounts).
const SEND_BUFFER: u32 = 128 * 1024;
/// Connections that wait to be taken.
const BACKLOG: u32 = 1_024;

/// Why the server could not start or run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The record.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database.
    #[error(transparent)]
    Data(#[from] data::Error),
    /// The first accounts.
    #[error(transparent)]
    Account(#[from] first::AccountError),
    /// The socket.
    #[error("listening on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// A shifted clock would put wrong times into a real record.
    #[error("--clock-offset is for demonstrations: this record is none")]
    ClockOffset,
    /// The writer's task ended: nothing can be recorded any more.
    #[error("the writer ended by itself; the log says why")]
    Writer,
    /// The folder of exports.
    #[error("folder of exports: {0}")]
    Exports(std::io::Error),
    /// The folder of attachments.
    #[error("the folder of attachments: {0}")]
    Attachments(std::io::Error),
    /// The folder of imports.
    #[error("the folder of imports: {0}")]
    Imports(std::io::Error),
    /// The folder of messages.
    #[error("the folder of messages: {0}")]
    Messages(std::io::Error),
    /// Certificate or key.
    #[error("TLS certificate or key: {0}")]
    Tls(std::io::Error),
}

/// What the bundle's build wrote down.
#[derive(Debug, Deserialize)]
struct Manifest {
    build: String,
    css: String,
    modules: Modules,
}

#[derive(Debug, Deserialize)]
struct Modules {
    wall: Module,
    office: Module,
    desk: Module,
}

#[derive(Debug, Deserialize)]
struct Module {
    js: String,
    wasm: String,
}

impl From<Module> for app::Module {
    fn from(m: Module) -> Self {
        Self { js: m.js, wasm: m.wasm }
    }
}

/// The document's options from the built site; without one, pages are plain and say nothing by themselves.
#[must_use]
pub fn shell_options(site_dir: &Path) -> app::ShellOptions {
    let file = site_dir.join("build.json");
    let read = std::fs::read_to_string(&file).map_err(|e| e.to_string());
    match read.and_then(|t| serde_json::from_str::<Manifest>(&t).map_err(|e| e.to_string())) {
        Ok(m) => app::ShellOptions {
            build: m.build,
            css: m.css,
            demo: false,
            wall: m.modules.wall.into(),
            office: m.modules.office.into(),
            desk: m.modules.desk.into(),
        },
        Err(why) => {
            tracing::warn!(file = %file.display(), %why, "no built site: pages will not come to life; build it with scripts/build-site.sh");
            app::ShellOptions::default()
        }
    }
}

/// Everything but the socket, ready to serve. The writer's task ends when the state is dropped.
///
/// # Errors
/// [`ServeError`].
pub async fn start(
    config: &Config,
    db: data::Db,
    clock: Clock,
    metrics: Option<metrics_exporter_prometheus::PrometheusHandle>,
) -> Result<(AppState, tokio::task::JoinHandle<()>), ServeError> {
    let rules = Rules::new(data::rule::current(db.read()).await?);
    let demo = data::setting::get(db.read(), data::setting::DEMO).await.map_err(data::Error::from)?.is_some();
    let shell = app::ShellOptions { demo, ..shell_options(&config.site_dir) };
    let hub_config = HubConfig { build: shell.build.clone(), city: config.city, rules: rules.now() };
    let hub = Hub::start(db.clone(), hub_config, clock.clone()).await?;
    let (ingest, writer) = Ingest::start(db.clone(), rules.clone(), hub.clone(), clock.clone());
    let master = store::master_key(config)?;
    let displays = Displays::load(db.clone(), clock.clone()).await?;
    let exports = Exports::new(db.clone(), rules.clone(), config.data_dir.join("exports"), clock.clone());
    let exports = exports.map_err(ServeError::Exports)?;
    let dir = config.data_dir.join("imports");
    let imports = Imports::new(db.clone(), ingest.clone(), rules.clone(), dir, clock.clone());
    let imports = imports.map_err(ServeError::Imports)?;
    let dir = config.data_dir.join(attachment::FOLDER);
    let attachments = Attachments::new(db.clone(), dir, clock.clone()).map_err(ServeError::Attachments)?;
    let uploads = Uploads::new(db.clone(), exports.clone(), Master::new(master.clone()), clock.clone());
    let dir = config.data_dir.join(messages::FOLDER);
    let messages = Messages::new(db.clone(), Master::new(master.clone()), &dir, clock.clone());
    let messages = messages.map_err(ServeError::Messages)?;
    let state = AppState {
        attachments,
        exports,
        uploads,
        messages,
        imports,
        devices: Devices::new(db.clone(), clock.clone(), master.clone()),
        access: Access::new(
            db.clone(),
            clock.clone(),
            displays.clone(),
            Master::new(master),
            config.data_dir.join(head::FILE),
        ),
        displays,
        stop: CancellationToken::new(),
        proxies: config.proxies.clone().into(),
        secure: config.tls.is_some() || !config.proxies.is_empty(),
        leptos: LeptosOptions::builder()
            .output_name("pingji")
            .site_root(config.site_dir.to_string_lossy().into_owned())
            .build(),
        shell,
        metrics,
        registry: Registry::new(db.clone(), ingest.clone(), clock.clone()),
        drafts: Drafts::new(db.clone(), ingest.clone()),
        db,
        rules,
        ingest,
        hub,
        tally: Tally::default(),
        throttles: crate::public::Throttles::default(),
        clock,
    };
    Ok((state, writer))
}

/// Jobs that run beside the requests: exports, what is sent to the supervision platform, messages, imports, rules that are edited, the credit of enterprises, tasks, omission alerts, revoked displays, devices' last signs of life, the signed head of
/// the audit log, sessions that are over.
pub fn jobs(state: &AppState) {
    tokio::spawn(state.exports.clone().run(state.stop.clone()));
    tokio::spawn(state.uploads.clone().run(state.stop.clone()));
    tokio::spawn(state.attachments.clone().run(state.stop.clone()));
    tokio::spawn(state.messages.clone().run(state.stop.clone()));
    tokio::spawn(state.imports.clone().run(state.stop.clone()));
    tokio::spawn(state.drafts.clone().run(state.stop.clone()));
    tokio::spawn(state.drafts.clone().derive(state.stop.clone()));
    let credit = Credit::new(state.db.clone(), state.rules.clone(), state.clock.clone());
    tokio::spawn(credit.run(state.stop.clone()));
    let tasks = Tasks::new(state.db.clone(), state.rules.clone(), state.clock.clone());
    tokio::spawn(tasks.run(state.stop.clone()));
    let app = state.clone();
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(Duration::from_secs(1));
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        for n in 0_u64.. {
            tokio::select! {
                _ = tick.tick() => {}
                () = app.stop.cancelled() => break,
            }
            let wait = app.rules.now().param("PAR-OMISSION").unwrap_or(60).saturating_mul(1000);
            // A busy writer is asked again a second later.
            if n % 2 == 0
                && let Err(why) = app.ingest.omissions(app.clock.now().saturating_sub(wait)).await
            {
                tracing::debug!(error = %why, "omissions");
            }
            if let Err(why) = app.displays.refresh().await {
                tracing::warn!(error = %why, "displays");
            }
            app.access.keep().await;
            if n % 600 == 0
                && let Err(why) = app.access.forget().await
            {
                tracing::warn!(error = %why, "sessions");
            }
            let minute = app.clock.now().div_euclid(domain::clock::MINUTE_MS);
            if n % 3_600 == 0
                && let Err(why) = data::arrival::forget(app.db.writer(), minute - data::arrival::KEEP_MINUTES).await
            {
                tracing::warn!(error = %why, "arrivals");
            }
            if n % 5 == 0
                && let Err(why) = publish(&app).await
            {
                tracing::warn!(error = %why, "posts whose time has come");
            }
            if n % 5 == 0
                && let Err(why) = app.tally.write(&app.db).await
            {
                tracing::warn!(error = %why, "how often posts were opened");
            }
            if n % 5 == 0
                && let Err(why) = app.devices.flush().await
            {
                tracing::warn!(error = %why, "devices");
            }
        }
    });
}

/// Publishes posts whose time has come.
async fn publish(app: &AppState) -> Result<(), data::Error> {
    let now = app.clock.now();
    while data::post::next_due(&app.db).await?.is_some_and(|at| at <= now) {
        let txn = app.db.begin_write().await?;
        let done = data::post::publish_due(&txn, now).await?;
        txn.commit().await?;
        if done.is_empty() {
            break;
        }
        tracing::info!(posts = ?done, "published");
        app.hub.announce();
    }
    Ok(())
}

/// Serves until SIGINT or SIGTERM, then ends within ten seconds. `say` prints a line for whoever started us.
///
/// # Errors
/// [`ServeError`].
pub async fn run(config: &Config, say: impl Fn(&str) + Send) -> Result<(), ServeError> {
    let store = store::open(config).await?;
    for (name, value) in store.db.durability().await? {
        tracing::info!(%name, %value, "durability");
    }
    let clock = Clock::default();
    if config.clock_offset_s != 0 {
        let demo = data::setting::get(store.db.read(), data::setting::DEMO).await.map_err(data::Error::from)?;
        if demo.is_none() {
            return Err(ServeError::ClockOffset);
        }
        clock.shift(config.clock_offset_s.saturating_mul(1_000));
        tracing::warn!(seconds = config.clock_offset_s, "the clock is shifted");
    }
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder().ok();
    shipped_rules(&store.db, clock.now()).await?;
    let (state, mut writer) = start(config, store.db.clone(), clock.clone(), recorder).await?;
    first_passwords(&state, config).await?;
    jobs(&state);
    let token = displays::offer(&store.db, &clock).await?;
    let router = web::router(state.clone(), &config.site_dir).into_make_service_with_connect_info::<SocketAddr>();
    let handle: Handle<SocketAddr> = Handle::new();
    let server = {
        let handle = handle.clone();
        let socket = listen(config.listen).map_err(|e| ServeError::Listen(config.listen, e))?;
        match &config.tls {
            None => tokio::spawn(async move { axum_server::from_tcp(socket)?.handle(handle).serve(router).await }),
            Some((cert, key)) => {
                let tls = RustlsConfig::from_pem_file(cert, key).await.map_err(ServeError::Tls)?;
                tokio::spawn(
                    async move { axum_server::from_tcp_rustls(socket, tls)?.handle(handle).serve(router).await },
                )
            }
        }
    };
    let mut writer_ended = false;
    if let Some(at) = handle.listening().await {
        let scheme = if config.tls.is_some() { "https" } else { "http" };
        say(&format!("listening on {scheme}://{at}"));
        say(&format!("wall: {scheme}://{at}/wall?pair={token}"));
        tracing::info!(%at, build = %state.shell.build, rules = state.rules.now().version, "listening");
        tokio::select! {
            () = stopped() => tracing::info!("stopping"),
            // A server that cannot record must not go on saying that it is well: whoever watches it starts it anew.
            _ = &mut writer => {
                tracing::error!("the writer ended by itself");
                writer_ended = true;
            }
        }
    }
    // Sockets first: they would hold the server open.
    state.stop.cancel();
    handle.graceful_shutdown(Some(GRACE));
    let ended = server.await;
    // What was counted and written since the last second.
    if let Err(why) = state.tally.write(&state.db).await {
        tracing::warn!(error = %why, "how often posts were opened");
    }
    state.access.keep().await;
    drop(state);
    // The writer ends when the last handle is gone; what was queued is committed.
    if writer_ended {
        return Err(ServeError::Writer);
    }
    drop(tokio::time::timeout(Duration::from_secs(1), writer).await);
    match ended {
        Ok(Ok(())) => Ok(()),
        Ok(Err(e)) => Err(ServeError::Listen(config.listen, e)),
        Err(e) => Err(ServeError::Listen(config.listen, std::io::Error::other(e))),
    }
}

/// Notes in the audit log which versions of the rules an installation or an upgrade brought.
///
/// # Errors
/// When the database fails.
pub async fn shipped_rules(db: &data::Db, now: i64) -> Result<(), data::Error> {
    let txn = db.begin_write().await?;
    let versions = data::rule::log_shipped(&txn, now).await?;
    txn.commit().await?;
    if !versions.is_empty() {
        tracing::info!(?versions, "rules that came with this installation");
    }
    Ok(())
}

/// On a record without accounts: makes the three administrators and prints their first passwords for whoever started us,
/// past the log.
#[allow(clippy::print_stderr, reason = "a password must not reach the log, nor what a script reads")]
async fn first_passwords(state: &AppState, config: &Config) -> Result<(), ServeError> {
    let made = first::administrators(&state.db, &state.access.master, &config.data_dir, state.clock.now()).await?;
    if let Some(file) = (!made.is_empty()).then(|| config.data_dir.join(first::FILE)) {
        // Where nobody looks, standard error is a log.
        let looks = std::io::IsTerminal::is_terminal(&std::io::stderr());
        eprintln!("first passwords, each to be changed at the first sign-in, are in {}", file.display());
        for (login, password) in made.iter().filter(|_| looks) {
            eprintln!("  {login}  {password}");
        }
        state.access.keep().await;
    }
    Ok(())
}

/// A listening socket whose connections have a send buffer of a fixed size: grown by the system to megabytes, it would
/// hold a minute of the feed for a wall that does not read, instead of letting the hub see that it lags.
fn listen(at: SocketAddr) -> std::io::Result<std::net::TcpListener> {
    let socket = if at.is_ipv4() { tokio::net::TcpSocket::new_v4()? } else { tokio::net::TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    // Connections take it over: the end of a file, written after its head, does not wait for a browser's late acknowledgement (40 ms).
    socket.set_nodelay(true)?;
    socket.bind(at)?;
    socket.listen(BACKLOG)?.into_std()
}

async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut s) => {
                s.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}
