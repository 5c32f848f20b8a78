//! Cases that anybody brings, and how he follows them: plain forms, with pictures, without an account.

use super::{Peer, asker, decoded, page, parameter, reading};
use crate::{
    api::problem::Problem,
    attachment::{Attachments, SILENCE, broken},
    paced::{Unread, paced},
    state::AppState,
    ws,
};
use app::public::{
    case::{self as pages, Bring, Followed},
    frame::Reading,
};
use axum::{
    Router,
    extract::{
        DefaultBodyLimit, FromRequest, Multipart, RawQuery, Request, State,
        multipart::{Field, MultipartError},
    },
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::from_fn,
    response::{IntoResponse, Response},
    routing::get,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use data::{
    audit::Actor,
    case::{Done, Entry, Known},
    secret,
};
use domain::{
    attachment::{Accept, Attachment, FORM_MAX, PICTURE_BYTES, Why},
    case::{self, Act, Channel, From, PUBLIC_FIELDS, Track},
    clock,
    form::{Fault, Values},
    list::encode,
    outcome::{RequestCode, Text},
    scope::{Scope, Viewer},
};
use std::{net::IpAddr, time::Instant};

pub(super) use pages::STYLE;

/// What all pictures of a form and the form around them may take, bytes.
const BODY_MAX: u64 = PICTURE_BYTES * FORM_MAX as u64 + (256 << 10);
/// What one field of text takes, bytes: the longest text in letters of four bytes.
const TEXT_BYTES: usize = 16 << 10;
/// Fields of a form at most.
const FIELDS: usize = 40;
/// Longest plain form, bytes.
const PLAIN_MAX: usize = 64 << 10;
/// The whole city: whoever brings a case may name any organisation of it.
const CITY: Viewer = Viewer { scope: Scope::City };

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

const MANY: Text = t(
    "提交过于频繁,请稍后再试。紧急情况请拨打 119 或充装单位电话。",
    "Too much was sent from here: try again later. In an emergency call 119, or the filler.",
);
const DOWN: Text = t("系统暂时无法接收,请稍后再试。", "It cannot be taken at the moment: try again later.");
const BAD_FORM: Text = t("没有收到完整的表单,请重试。", "The form did not come whole: try again.");
const WRONG: Text = t("编号或查询码不正确。", "The number or the code is wrong.");
const OFTEN: Text = t("错误次数过多,请稍后再试。", "Too many wrong codes: try again later.");

/// `/complain` and `/case`.
pub(super) fn routes() -> Router<AppState> {
    let most = usize::try_from(BODY_MAX).unwrap_or(usize::MAX);
    Router::new()
        .route("/complain", get(form).post(bring))
        .route("/case", get(ask).post(follow))
        .layer(from_fn(paced))
        .layer(DefaultBodyLimit::max(most))
}

/// A form as it came. Its pictures go with it, unless they were attached to something.
struct Sent {
    values: Values,
    files: Vec<Attachment>,
    photo: Option<Why>,
    at: Attachments,
}

impl Sent {
    fn new(app: &AppState) -> Self {
        Self { values: Values::new(), files: vec![], photo: None, at: app.attachments.clone() }
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        for f in &self.files {
            self.at.discard(f);
        }
    }
}

/// How the answer to a form is read: as its page was.
fn read_as(values: &Values, headers: &HeaderMap) -> Reading {
    let of = |name: &str| values.get(name).map(|v| format!("{name}={}", encode(v)));
    let query: Vec<String> = ["lang", "big"].into_iter().filter_map(of).collect();
    reading(&query.join("&"), headers)
}

fn failed(reading: Reading, why: &data::Error) -> Response {
    tracing::error!(error = %why, "a case of the public");
    page(StatusCode::SERVICE_UNAVAILABLE, pages::later(reading, DOWN))
}

fn later(reading: Reading, why: Text, seconds: u64) -> Response {
    let mut r = page(StatusCode::TOO_MANY_REQUESTS, pages::later(reading, why));
    r.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds + 1));
    r
}

async fn form(State(app): State<AppState>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let reading = reading(&query, &headers);
    let track = parameter(&query, "track").and_then(|t| Track::from_code(&t));
    let known = ["tag", "title", "scan", "district", "org"];
    let mut values: Values = known.into_iter().filter_map(|n| Some((n.to_owned(), parameter(&query, n)?))).collect();
    values.retain(|_, v| v.chars().count() <= 60 && !v.chars().any(char::is_control));
    values.insert("key".into(), secret::random());
    match filled(&app, Bring { reading, track, values, ..Bring::default() }).await {
        Ok(b) => page(StatusCode::OK, pages::bring(&b)),
        Err(why) => failed(reading, &why),
    }
}

/// With what can be chosen.
async fn filled(app: &AppState, bring: Bring) -> Result<Bring, data::Error> {
    if bring.track.is_none() {
        return Ok(bring);
    }
    let all = data::incident::choices(&app.db, CITY).await?;
    Ok(Bring {
        districts: all.districts.into_iter().map(|(d, n)| (d.to_string(), n)).collect(),
        orgs: all.orgs.into_iter().map(|(o, n)| (o.to_string(), n)).collect(),
        ..bring
    })
}

/// A form, with its pictures on the disk. What is left when it cannot be taken is the caller's to give up.
async fn sent(app: &AppState, request: Request) -> Result<Sent, Why> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/x-www-form-urlencoded") {
        let body = axum::body::to_bytes(request.into_body(), PLAIN_MAX).await.map_err(|_| Why::Interrupted)?;
        let text = String::from_utf8_lossy(&body);
        let pair = |p: &str| {
            let (n, v) = p.split_once('=')?;
            Some((decoded(n), decoded(v)))
        };
        let mut out = Sent::new(app);
        out.values = text.split('&').filter_map(pair).take(FIELDS).collect();
        return Ok(out);
    }
    let unread = request.extensions().get::<Unread>().cloned().unwrap_or_default();
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| Why::Interrupted)?;
    let mut out = Sent::new(app);
    let mut fields = 0;
    loop {
        let Some(field) = patient(form.next_field()).await? else { return Ok(out) };
        unread.none();
        fields += 1;
        if fields > FIELDS {
            return Err(Why::Interrupted);
        }
        one(app, field, &mut out, &unread).await?;
    }
}

/// Waits for what comes next, but not for ever.
async fn patient<T>(next: impl Future<Output = Result<T, MultipartError>>) -> Result<T, Why> {
    tokio::time::timeout(SILENCE, next).await.map_err(|_| Why::Interrupted)?.map_err(|e| broken(&e))
}

/// One field of a form. A picture that is refused is remembered, and what follows is still read: whoever sent it is told what is wrong,
/// which nobody hears whose sending is broken off.
async fn one(app: &AppState, mut field: Field<'_>, out: &mut Sent, unread: &Unread) -> Result<(), Why> {
    let name = field.name().unwrap_or_default().to_owned();
    if name == "photo" {
        let file = field.file_name().unwrap_or_default().to_owned();
        if out.files.len() == FORM_MAX && !file.is_empty() {
            out.photo = Some(Why::TooMany);
        }
        let mut field = Box::pin(field);
        if !file.is_empty() && out.photo.is_none() {
            match app.attachments.take(&mut field, &file, Accept::Pictures, unread).await {
                Ok(f) => out.files.push(f),
                Err(Why::Interrupted) => return Err(Why::Interrupted),
                Err(why) => out.photo = Some(why),
            }
        }
        while patient(field.chunk()).await?.is_some() {
            unread.none();
        }
        return Ok(());
    }
    let mut text: Vec<u8> = vec![];
    while let Some(chunk) = patient(field.chunk()).await? {
        unread.none();
        if text.len() + chunk.len() > TEXT_BYTES {
            return Err(Why::TooLarge);
        }
        text.extend(&chunk);
    }
    let text = String::from_utf8_lossy(&text).into_owned();
    if !name.is_empty() && name.len() <= 40 {
        out.values.insert(name, text);
    }
    Ok(())
}

async fn bring(app: State<AppState>, peer: Peer, headers: HeaderMap, request: Request) -> Response {
    if !ws::same_origin(&headers) {
        return Problem::new(RequestCode::ForeignOrigin, &headers).into_response();
    }
    let reading = reading("", &headers);
    if let Some(address) = asker(&app, &peer, &headers)
        && let Err(wait) = app.throttles.brought.ask(address, Instant::now())
    {
        return later(reading, MANY, wait.as_secs());
    }
    let form = match sent(&app, request).await {
        Ok(f) => f,
        Err(why) => return refused(reading, why),
    };
    let reading = read_as(&form.values, &headers);
    taken(&app, reading, form).await.unwrap_or_else(|why| failed(reading, &why))
}

/// A form that did not come whole.
fn refused(reading: Reading, why: Why) -> Response {
    let text = if why == Why::Interrupted { BAD_FORM } else { why.info() };
    page(crate::attachment::status(why), pages::later(reading, text))
}

async fn taken(app: &AppState, reading: Reading, mut form: Sent) -> Result<Response, data::Error> {
    let now = app.clock.now();
    let channel = if form.values.get("scan").is_some_and(|s| s == "1") { Channel::Scan } else { Channel::Web };
    let mut faults = vec![];
    let mut entered = None;
    let values: Values = form
        .values
        .iter()
        .filter(|(n, _)| PUBLIC_FIELDS.contains(&n.as_str()))
        .map(|(n, v)| (n.clone(), v.clone()))
        .collect();
    match case::read(&values, clock::local_date(now), From::Citizen(channel)) {
        Ok(e) => match data::case::known(&app.db, CITY, &e).await? {
            Ok(known) => entered = Some((e, known)),
            Err(field) => faults.push(unknown(field)),
        },
        Err(all) => faults = all,
    }
    let (Some((e, known)), None) = (entered, form.photo) else {
        let track = form.values.get("track").and_then(|t| Track::from_code(t));
        let (values, photo) = (form.values.clone(), form.photo);
        let again = Bring { reading, track, values, faults, photo, ..Bring::default() };
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, pages::bring(&filled(app, again).await?)));
    };
    let entry = enter(app, (&e, &known), &form.files, now).await?;
    let (receipts, pictures) = match entry {
        Entry::New(r) => (r, std::mem::take(&mut form.files).len()),
        Entry::Twice(r) => (r, 0),
        Entry::Conflict => {
            let text = t(
                "这张表单已经提交过。如需再提交一件,请重新打开页面。",
                "This form was sent already: open the page anew for another.",
            );
            return Ok(page(StatusCode::CONFLICT, pages::later(reading, text)));
        }
    };
    Ok(page(StatusCode::OK, pages::entered(reading, &receipts, pictures)))
}

async fn enter(
    app: &AppState,
    (e, known): (&case::Entered, &Known),
    files: &[Attachment],
    now: i64,
) -> Result<Entry, data::Error> {
    // Nothing is kept of whoever brings a case but what he says himself.
    let nobody = (&Actor::default(), now);
    data::case::enter(&app.db, &app.access.master, &app.rules.now(), (e, known), files, nobody).await
}

/// What was chosen that is not there.
fn unknown(field: &str) -> Fault {
    Fault {
        field: field.into(),
        zh: "没有找到,请核对后重填或留空".into(),
        en: "not found: check it, or leave it empty".into(),
    }
}

async fn ask(headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let number: String =
        parameter(&query, "number").unwrap_or_default().chars().filter(|c| !c.is_control()).take(40).collect();
    page(StatusCode::OK, pages::ask(reading(&query, &headers), &number, None))
}

async fn follow(app: State<AppState>, peer: Peer, headers: HeaderMap, request: Request) -> Response {
    if !ws::same_origin(&headers) {
        return Problem::new(RequestCode::ForeignOrigin, &headers).into_response();
    }
    let address = asker(&app, &peer, &headers);
    let plain = reading("", &headers);
    if let Some(address) = address
        && let Err(wait) = app.throttles.looked_up.ask(address, Instant::now())
    {
        return later(plain, OFTEN, wait.as_secs());
    }
    let form = match sent(&app, request).await {
        Ok(f) => f,
        Err(why) => return refused(plain, why),
    };
    let reading = read_as(&form.values, &headers);
    followed(&app, address, reading, form).await.unwrap_or_else(|why| failed(reading, &why))
}

async fn followed(
    app: &AppState,
    address: Option<IpAddr>,
    reading: Reading,
    mut form: Sent,
) -> Result<Response, data::Error> {
    let of = |name: &str| form.values.get(name).map(|v| v.trim().to_owned()).unwrap_or_default();
    let (number, code) = (of("number"), of("code"));
    let (master, rules, now) = (&app.access.master, app.rules.now(), app.clock.now());
    // Nothing is done for whoever has not the right code, nor is he told what there is.
    if data::case::follow(&app.db, master, &number, &code).await?.is_none() {
        let number: String = number.chars().filter(|c| !c.is_control()).take(40).collect();
        return Ok(page(StatusCode::NOT_FOUND, pages::ask(reading, &number, Some(WRONG))));
    }
    if let Some(address) = address {
        app.throttles.looked_up.found(address, Instant::now());
    }
    let (mut told, mut faults, mut status) = (None, vec![], StatusCode::OK);
    if form.values.contains_key("act") {
        let order = 121;
        match case::act(&form.values, order) {
            Err(all) => (faults, status) = (all, StatusCode::UNPROCESSABLE_ENTITY),
            Ok(_) if form.photo.is_some() => status = StatusCode::UNPROCESSABLE_ENTITY,
            Ok(asked) => {
                let files: &[Attachment] = if asked.act == Act::Supply { &form.files } else { &[] };
                let nobody = (&Actor::default(), now);
                let key = (number.as_str(), code.as_str());
                let done = data::case::follow_act(&app.db, master, &rules, key, (&asked, files), nobody).await?;
                (told, status) = match done {
                    Done::Taken(_) => (Some(t("已提交。", "Sent.")), StatusCode::OK),
                    Done::Stale => (
                        Some(t(
                            "办理情况刚有变化,请看过下面的经过后再提交。",
                            "Something was done meanwhile: read it below and send again.",
                        )),
                        StatusCode::CONFLICT,
                    ),
                    _ => (Some(t("现在不能这样做。", "That cannot be done now.")), StatusCode::CONFLICT),
                };
                if matches!(done, Done::Taken(_)) && asked.act == Act::Supply {
                    form.files.clear();
                }
            }
        }
    }
    let Some(found) = data::case::follow(&app.db, master, &number, &code).await? else {
        return Ok(page(StatusCode::NOT_FOUND, pages::ask(reading, "", Some(WRONG))));
    };
    let mut previews = vec![];
    for f in &found.files {
        if let Some(bytes) = app.attachments.preview_bytes(f).await {
            previews.push(format!("data:image/jpeg;base64,{}", BASE64_STANDARD.encode(bytes)));
        }
    }
    let sent_again = if status == StatusCode::OK { Values::new() } else { form.values.clone() };
    let view = Followed {
        reading,
        page: &found,
        code: &code,
        previews,
        told,
        faults,
        photo: form.photo,
        values: sent_again,
        now,
    };
    Ok(page(status, pages::followed(&view)))
}
