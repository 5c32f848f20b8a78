//! The router: API, feed, pages, static files; and what every answer carries.

use crate::{access, api, appeals, attachment, evidence, export, imports, pasted, public, state::AppState, ws};
use app::{
    App, Ctx, Who,
    access::Asker,
    error::AppError,
    lang,
    routes::{PAGES, WALL},
    theme,
};
use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::get,
};
use domain::{
    ledger::File,
    outcome::RequestCode,
    scope::{Scope, Viewer},
};
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{AxumRouteListing, LeptosRoutes, ResponseOptions, generate_route_list};
use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};
use tower_http::{catch_panic::CatchPanicLayer, services::ServeDir};
use utoipa_swagger_ui::SwaggerUi;

/// Largest body of a server function's request, bytes.
const FUNCTION_BODY_MAX: usize = 256 * 1024;
/// … and of one that takes the text of a post: a form writes each byte of it as three.
const POST_BODY_MAX: usize = 3 * domain::post::RAW_MAX / 2;
/// Functions that take the text of a post.
const TAKE_POSTS: [&str; 3] = ["/api/fn/post_save", "/api/fn/post_autosave", "/api/fn/post_clean"];

/// The whole router.
pub fn router(state: AppState, site_dir: &Path) -> Router {
    let context = {
        let state = state.clone();
        move || {
            let parts = use_context::<axum::http::request::Parts>();
            let Asker { who, address } = parts.and_then(|p| p.extensions.get::<Asker>().cloned()).unwrap_or_default();
            provide_context(Ctx {
                db: state.db.clone(),
                viewer: viewer(&who),
                who,
                address,
                master: state.access.master.clone(),
                secure: state.secure,
                now: state.clock.now(),
                acknowledge: acknowledge(&state),
                handle: handle(&state),
                register: register(&state),
                wake_exports: wake_exports(&state),
                wake_uploads: wake_uploads(&state),
                tell: tell(&state),
                imports: Arc::new(state.imports.clone()),
                drafts: Arc::new(state.drafts.clone()),
            });
            policy();
            keep_choices();
        }
    };
    let document = {
        let state = state.clone();
        move || app::shell(state.shell.clone())
    };
    let unknown = leptos_axum::render_app_to_stream_with_context(context.clone(), document.clone());
    let refusal = {
        let (context, options) = (context.clone(), plain(&state.shell));
        leptos_axum::render_app_async_with_context(
            move || {
                context();
                provide_context(app::Refused);
            },
            move || app::shell(options.clone()),
        )
    };
    let guarded_by = {
        let state = state.clone();
        move |request: Request<Body>, next: Next| access::guard::guard(state.clone(), refusal.clone(), request, next)
    };
    let pages: Vec<AxumRouteListing> = generate_route_list(App);
    debug_assert_eq!(pages.len(), PAGES.len());
    // The wall is no page of the router: it has a root of its own.
    let wall = leptos_axum::render_app_to_stream_with_context(context.clone(), document.clone());
    let guarded = Router::new()
        .route(WALL.path, get(wall))
        .leptos_routes_with_context(&state, pages, context, document)
        .merge(export::routes())
        .merge(evidence::routes())
        .layer(from_fn(function_status))
        .layer(from_fn(bounded))
        // A file has a limit of its own, and is not read whole.
        .merge(imports::routes())
        .merge(attachment::upload())
        .merge(appeals::routes())
        .merge(pasted::routes())
        .layer(from_fn(guarded_by));
    let files = ServeDir::new(site_dir).precompressed_br().precompressed_gzip().append_index_html_on_directories(false);
    let viewer: Router<AppState> =
        SwaggerUi::new("/api/docs").config(utoipa_swagger_ui::Config::from("/api/v1/openapi.json")).into();
    Router::new()
        .merge(guarded)
        .merge(api::routes())
        .merge(public::routes())
        .merge(attachment::routes())
        .route("/ws", get(ws::upgrade))
        .route("/ws/inbox", get(crate::messages::live::upgrade))
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .merge(viewer)
        .fallback_service(
            Router::new()
                .fallback_service(files)
                .layer(from_fn(cached))
                .layer(from_fn(move |request: Request<Body>, next: Next| no_such_page(unknown.clone(), request, next))),
        )
        .layer(from_fn(headers))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(counted))
        .with_state(state)
}

/// What part of the record is answered from: a display's is the city, nobody's is nothing.
#[must_use]
pub fn viewer(who: &Who) -> Viewer {
    let scope = match who {
        Who::Display(_) => Scope::City,
        Who::Account(me) => me.scope,
        // No organisation has this number.
        Who::Nobody => Scope::Org(0),
    };
    Viewer { scope }
}

/// The document of a page that is not taken over by the browser's module: a refusal is the same for every address.
fn plain(shell: &app::ShellOptions) -> app::ShellOptions {
    let none = app::Module::default;
    app::ShellOptions { wall: none(), office: none(), desk: none(), ..shell.clone() }
}

/// The policy of everything that is no page: the viewer of the API's document runs its own scripts and styles, nothing else
/// runs at all.
const DEFAULT_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'self'";

/// The policy of a page: our own files only; the start script by its nonce, WebAssembly allowed.
fn policy() {
    let (Some(options), Some(nonce)) = (use_context::<ResponseOptions>(), leptos::nonce::use_nonce()) else { return };
    let text = format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
    );
    if let Ok(v) = HeaderValue::from_str(&text) {
        options.insert_header(header::CONTENT_SECURITY_POLICY, v);
    }
}

/// A language or theme that is asked for in the address is kept: a wall that loads anew by itself stays with it.
fn keep_choices() {
    let (Some(options), Some(parts)) = (use_context::<ResponseOptions>(), use_context::<axum::http::request::Parts>())
    else {
        return;
    };
    let query = parts.uri.query().unwrap_or_default();
    let wanted = [
        lang::in_query(query).map(|l| (lang::COOKIE, l.code())),
        theme::in_query(query).map(|t| (theme::COOKIE, t.code())),
    ];
    for (name, code) in wanted.into_iter().flatten() {
        let cookie = format!("{name}={code}; Path=/; SameSite=Lax; Max-Age=31536000");
        if let Ok(v) = HeaderValue::from_str(&cookie) {
            options.append_header(header::SET_COOKIE, v);
        }
    }
}

/// The writer is ours, the server function the app's.
fn acknowledge(state: &AppState) -> app::Acknowledge {
    let ingest = state.ingest.clone();
    Arc::new(move |viewer: Viewer, alert: i64, by: app::By| -> app::Noting {
        let ingest = ingest.clone();
        Box::pin(async move { ingest.acknowledge(viewer, alert, by).await.map_err(|_| AppError::Unavailable) })
    })
}

/// The same for whatever else is done with alerts.
fn handle(state: &AppState) -> app::Handle {
    let ingest = state.ingest.clone();
    Arc::new(move |viewer: Viewer, alerts: Vec<i64>, act, reason, by| -> app::Handling {
        let (ingest, work) = (ingest.clone(), crate::ingest::Handling { alerts, act, reason, by });
        Box::pin(async move { ingest.handle(viewer, work).await.map_err(|_| AppError::Unavailable) })
    })
}

/// The same for registering a cylinder.
fn register(state: &AppState) -> app::Register {
    let registry = state.registry.clone();
    Arc::new(move |file: File, deed: data::audit::Deed| -> app::Registering {
        let registry = registry.clone();
        Box::pin(async move {
            registry.register(file, deed).await.map_err(|why| {
                tracing::error!(error = %why, "registering a cylinder");
                AppError::Unavailable
            })
        })
    })
}

/// The same for the jobs of exports.
fn wake_exports(state: &AppState) -> app::Wake {
    let exports = state.exports.clone();
    Arc::new(move || exports.wake())
}

/// The same for what is sent to the supervision platform.
fn wake_uploads(state: &AppState) -> app::Wake {
    let uploads = state.uploads.clone();
    Arc::new(move || uploads.wake())
}

/// The same for what the office says of cylinders and tags.
fn tell(state: &AppState) -> app::Tell {
    let registry = state.registry.clone();
    Arc::new(move |say: app::Say| -> app::Telling {
        let registry = registry.clone();
        Box::pin(async move {
            registry.tell(say).await.map_err(|why| {
                tracing::error!(error = %why, "what the office says");
                AppError::Unavailable
            })
        })
    })
}

/// Whoever follows a wrong address gets a page that says so; programs get a problem, and a missing file just its status.
async fn no_such_page<F, R>(page: F, request: Request<Body>, next: Next) -> Response
where
    F: Fn(Request<Body>) -> R,
    R: Future<Output = Response>,
{
    let (method, uri, headers) = (request.method().clone(), request.uri().clone(), request.headers().clone());
    let response = next.run(request).await;
    if response.status() != StatusCode::NOT_FOUND {
        return response;
    }
    let path = uri.path();
    if path == "/api" || path.starts_with("/api/") {
        return api::problem::Problem::new(RequestCode::NotFound, &headers).into_response();
    }
    if ["/pkg/", "/map/"].iter().any(|p| path.starts_with(p)) || !matches!(method, Method::GET | Method::HEAD) {
        return response;
    }
    let mut again = Request::new(Body::empty());
    (*again.uri_mut(), *again.headers_mut()) = (uri, headers);
    page(again).await
}

/// Reads a body whole and within its limit, also one that does not say how long it is: server_fn answers 500 to a body that
/// breaks off under its hands.
async fn bounded(request: Request<Body>, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let most = if TAKE_POSTS.contains(&parts.uri.path()) { POST_BODY_MAX } else { FUNCTION_BODY_MAX };
    match http_body_util::BodyExt::collect(http_body_util::Limited::new(body, most)).await {
        Ok(b) => next.run(Request::from_parts(parts, Body::from(b.to_bytes()))).await,
        Err(why) if why.is::<http_body_util::LengthLimitError>() => {
            api::problem::Problem::new(RequestCode::BodyTooLarge, &parts.headers)
                .detail(format!("{most} bytes"))
                .into_response()
        }
        Err(_) => api::problem::Problem::new(RequestCode::BadBody, &parts.headers)
            .detail("the body ended early")
            .into_response(),
    }
}

/// server_fn 0.8 answers 500 to whatever it cannot read; what the error says of itself is the status that fits.
async fn function_status(request: Request<Body>, next: Next) -> Response {
    let function = request.uri().path().starts_with("/api/fn/");
    let response = next.run(request).await;
    if !function || response.status() != StatusCode::INTERNAL_SERVER_ERROR {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, FUNCTION_BODY_MAX).await else {
        return (parts, Body::empty()).into_response();
    };
    if let Ok(error) = serde_json::from_slice::<AppError>(&bytes) {
        parts.status = StatusCode::from_u16(error.status()).unwrap_or(parts.status);
    }
    (parts, Body::from(bytes)).into_response()
}

async fn ready(State(app): State<AppState>) -> Response {
    match tokio::time::timeout(Duration::from_secs(2), data::sequence::last(app.db.read(), data::sequence::LEDGER))
        .await
    {
        Ok(Ok(no)) => (StatusCode::OK, format!("ready, ledger number {no}\n")).into_response(),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "the record does not answer\n").into_response(),
    }
}

async fn metrics(
    State(app): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    // For a scraper on this machine; through a proxy it would be open to all.
    if !peer.ip().is_loopback() || headers.contains_key("x-forwarded-for") || headers.contains_key("forwarded") {
        return StatusCode::NOT_FOUND.into_response();
    }
    let status = app.hub.status().await;
    metrics::gauge!("pingji_feed_subscribers").set(status.subscribers as f64);
    metrics::gauge!("pingji_ledger_no").set(status.no as f64);
    app.metrics.as_ref().map_or_else(|| StatusCode::NOT_FOUND.into_response(), |m| m.render().into_response())
}

/// Files under `/pkg` carry their content's hash in their name.
async fn cached(request: Request<Body>, next: Next) -> Response {
    let hashed = request.uri().path().starts_with("/pkg/");
    let mut response = next.run(request).await;
    let value =
        if hashed && response.status().is_success() { "public, max-age=31536000, immutable" } else { "no-cache" };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(value));
    response
}

async fn headers(request: Request<Body>, next: Next) -> Response {
    let mut response = next.run(request).await;
    let h = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::CONTENT_SECURITY_POLICY, DEFAULT_POLICY),
    ] {
        h.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

async fn counted(request: Request<Body>, next: Next) -> Response {
    let response = next.run(request).await;
    metrics::counter!("pingji_http_responses_total", "status" => response.status().as_u16().to_string()).increment(1);
    response
}

fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    metrics::counter!("pingji_panics_total").increment(1);
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
