//! Files that people attach: whatever is sent, what is kept is harmless, what is refused is told why, and nothing is left lying about.

use crate::support::{Answer, Server, on_postgres, on_sqlite, parts, run};
use axum::{
    body::{Body, Bytes},
    http::{Request, StatusCode, header},
};
use domain::{permission::Role, scope::Scope};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use std::{
    io::{Cursor, Write as _},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

const LINE: &str = "boundary-of-the-parts";

fn head(name: &str) -> String {
    format!(
        "--{LINE}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: image/jpeg\r\n\r\n"
    )
}

fn post(cookie: &str, body: Body) -> Request<Body> {
    Request::post("/attachments")
        .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={LINE}"))
        .header(header::COOKIE, cookie)
        .body(body)
        .unwrap()
}

async fn send(s: &Server, cookie: &str, name: &str, bytes: &[u8]) -> Answer {
    let body = [head(name).as_bytes(), bytes, format!("\r\n--{LINE}--\r\n").as_bytes()].concat();
    s.send(post(cookie, Body::from(body))).await
}

fn picture(kind: ImageFormat) -> Vec<u8> {
    let points = RgbImage::from_fn(900, 600, |x, y| Rgb([(x % 251) as u8, (y % 241) as u8, 90]));
    let mut out = vec![];
    DynamicImage::from(points).write_to(&mut Cursor::new(&mut out), kind).unwrap();
    out
}

/// Files below the folder of attachments.
fn lying(dir: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(dir) else { return 0 };
    entries.flatten().map(|e| if e.path().is_dir() { lying(&e.path()) } else { 1 }).sum()
}

async fn a_picture_comes_and_goes_to_whoever_may_see_it(s: Server) {
    let (_, editor) = s.account("editor", &[Role::PublicityEditor], Scope::City).await;
    let (_, other) = s.account("other", &[Role::Filler], Scope::Org(s.gun.org)).await;
    let sent = send(&s, &editor, "../../现场\u{202E}gpj.exe", &picture(ImageFormat::Png)).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text());
    let file = sent.json();
    assert_eq!((&file["format"], &file["name"]), (&"jpeg".into(), &"现场gpj.jpg".into()));
    assert_eq!((&file["width"], &file["height"]), (&900.into(), &600.into()));
    let path = format!("/files/{}", file["token"].as_str().unwrap());
    let got = s.get(&path, &[(header::COOKIE, &editor)]).await;
    assert_eq!(got.status, StatusCode::OK);
    for (name, value) in [
        (header::CONTENT_TYPE, "image/jpeg"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox; frame-ancestors 'none'"),
        (header::CACHE_CONTROL, "private, no-cache"),
    ] {
        assert_eq!(got.headers[&name], value, "{name}");
    }
    assert!(got.headers[header::CONTENT_DISPOSITION].to_str().unwrap().starts_with("attachment;"));
    let sha = <sha2::Sha256 as sha2::Digest>::digest(&got.body);
    assert_eq!(file["sha256"], hex::encode(sha));
    assert_eq!(s.get(&format!("{path}/preview"), &[(header::COOKIE, &editor)]).await.status, StatusCode::OK);
    let part = s.get(&path, &[(header::COOKIE, &editor), (header::RANGE, "bytes=0-9")]).await;
    assert_eq!((part.status, part.body.len()), (StatusCode::PARTIAL_CONTENT, 10));
    for who in [other.as_str(), ""] {
        for p in [path.clone(), format!("{path}/preview")] {
            assert_eq!(s.get(&p, &[(header::COOKIE, who)]).await.status, StatusCode::NOT_FOUND);
        }
    }
    assert_eq!(send(&s, &other, "a.jpg", &picture(ImageFormat::Jpeg)).await.status, StatusCode::FORBIDDEN);
    assert_eq!(send(&s, "", "a.jpg", &picture(ImageFormat::Jpeg)).await.status, StatusCode::SEE_OTHER);
    // Nothing refers to it for a day: it goes.
    assert_eq!(s.state.attachments.sweep().await.unwrap(), 0);
    s.clock.shift(domain::attachment::UNUSED + 1);
    assert_eq!(s.state.attachments.sweep().await.unwrap(), 1);
    assert_eq!(s.get(&path, &[(header::COOKIE, &editor)]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(lying(&s.config.data_dir.join("attachments")), 0);
}

mod on_both {
    use super::*;

    #[test]
    fn on_sqlite_too() {
        on_sqlite(a_picture_comes_and_goes_to_whoever_may_see_it);
    }

    #[test]
    fn on_postgres_too() {
        on_postgres(a_picture_comes_and_goes_to_whoever_may_see_it);
    }
}

/// Posts fields of the form that is kept with its files, in this order: the status and where it leads.
async fn keep(s: &Server, cookie: &str, fields: &[(&str, &str)]) -> (u16, String) {
    let (status, to, _) = parts(s, ("/attachments/draft", cookie), fields, &[]).await;
    (status, to)
}

#[test]
fn a_form_tells_first_what_it_is_and_one_that_breaks_off_takes_nothing_away() {
    run(async {
        let s = Server::new().await;
        let (me, chief) = s.account("chief", &[Role::CityRegulator], Scope::City).await;
        // Whatever stands before the form's name is not taken.
        for fields in [&[("values[title]", "x"), ("form", "paper")][..], &[("id", "0")], &[]] {
            assert_eq!(keep(&s, &chief, fields).await.0, 400, "{fields:?}");
        }
        let first = [("form", "paper"), ("values[title]", "标题"), ("values[body]", "正文"), ("orgs[]", "1")];
        let (status, to) = keep(&s, &chief, &[&first[..], &[("orgs[]", "2")]].concat()).await;
        assert_eq!(status, 303);
        let id = to.split("draft=").nth(1).unwrap().split('&').next().unwrap().to_owned();
        let kept = async || {
            let form = data::form_draft::Form::Paper;
            data::form_draft::one(s.state.db.read(), me, form, id.parse().unwrap()).await.unwrap().unwrap().values
        };
        assert_eq!(kept().await["orgs"], "1,2");
        // More parts than a form has: the title is the new one, nothing else is lost, and half of a list is none.
        let mut many = vec![("form", "paper"), ("id", id.as_str()), ("values[title]", "新标题"), ("values[x]", "x")];
        many.extend((0..5_000).map(|_| ("orgs[]", "3")));
        let (_, to) = keep(&s, &chief, &many).await;
        assert!(to.contains("file=too_large"), "{to}");
        let values = kept().await;
        assert_eq!((&*values["title"], &*values["body"], &*values["orgs"]), ("新标题", "正文", "1,2"));
        assert!(!values.contains_key("x"));
        // A whole form says all: what is not ticked any more goes.
        keep(&s, &chief, &[("form", "paper"), ("id", &id), ("values[title]", "标题")]).await;
        assert!(!kept().await.contains_key("orgs"));
        // Names count, too.
        let name = format!("values[{}]", "x".repeat(300_000));
        assert!(keep(&s, &chief, &[("form", "paper"), (&name, "")]).await.1.contains("file=too_large"));
    });
}

#[test]
fn an_account_has_so_much_lying_about_and_no_more() {
    run(async {
        let s = Server::new().await;
        let (me, editor) = s.account("editor", &[Role::PublicityEditor], Scope::City).await;
        let (_, other) = s.account("other", &[Role::PublicityEditor], Scope::City).await;
        let jpeg = picture(ImageFormat::Jpeg);
        let sent = send(&s, &editor, "a.jpg", &jpeg).await;
        assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text());
        // As if there were a gigabyte of them.
        let file: domain::attachment::Attachment = serde_json::from_value(sent.json()).unwrap();
        let much = domain::attachment::Attachment { token: "0f".repeat(16), bytes: (1 << 30) - file.bytes - 1, ..file };
        data::attachment::put(s.state.db.writer(), &much, me, s.clock.now()).await.unwrap();
        let files = || lying(&s.config.data_dir.join("attachments"));
        let before = files();
        let refused = send(&s, &editor, "b.jpg", &jpeg).await;
        assert_eq!((refused.status, &refused.json()["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &"full".into()));
        assert_eq!(files(), before, "it does not stay on the disk");
        assert_eq!(send(&s, &other, "b.jpg", &jpeg).await.status, StatusCode::CREATED, "each for himself");
        // What is in use does not count.
        let txn = s.state.db.begin_write().await.unwrap();
        let tokens = std::slice::from_ref(&much.token);
        assert!(data::attachment::link(&txn, data::attachment::Of::Document, 1, tokens, me).await.unwrap());
        txn.commit().await.unwrap();
        assert_eq!(send(&s, &editor, "b.jpg", &jpeg).await.status, StatusCode::CREATED);
    });
}

fn zip(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut w = zip::ZipWriter::new(Cursor::new(vec![]));
    for (name, body) in parts {
        w.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        w.write_all(body).unwrap();
    }
    w.finish().unwrap().into_inner()
}

#[test]
fn hostile_files_are_refused_or_made_harmless() {
    run(async {
        let s = Server::new().await;
        let (_, editor) = s.account("editor", &[Role::PublicityEditor], Scope::City).await;
        let jpeg = picture(ImageFormat::Jpeg);
        let types: (&str, &[u8]) = ("[Content_Types].xml", b"<Types/>");
        let bomb = zip(&[types, ("word/document.xml", b"<x/>"), ("word/a.xml", &vec![0; 30 << 20])]);
        let mut huge = picture(ImageFormat::Png);
        huge[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
        let cut = &jpeg[..jpeg.len() / 2];
        for (what, name, bytes, code) in [
            ("nothing", "a.jpg", &b""[..], "empty"),
            ("one byte", "a.jpg", b"x", "unknown"),
            (
                "SVG with script",
                "a.svg",
                b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
                "unknown",
            ),
            ("page called a picture", "a.jpg", b"<!DOCTYPE html><script>alert(1)</script>", "unknown"),
            ("program", "a.jpg", b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xFF\xFF\0\0", "unknown"),
            ("cut picture", "a.jpg", cut, "truncated"),
            ("bent head", "a.png", &huge, "broken"),
            ("bomb", "a.docx", &bomb, "bomb"),
            ("archive", "a.zip", &zip(&[("a.txt", b"x")]), "unknown"),
            (
                "macros",
                "a.docx",
                &zip(&[types, ("word/document.xml", b"<x/>"), ("word/vbaProject.bin", b"x")]),
                "active",
            ),
            ("PDF with script", "a.pdf", b"%PDF-1.7 /S /JavaScript /JS (app.alert(1)) %%EOF", "active"),
            ("half a PDF", "a.pdf", b"%PDF-1.7 hello hello", "truncated"),
            ("half a film", "a.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "truncated"),
        ] {
            let a = send(&s, &editor, name, bytes).await;
            assert_eq!(a.status, StatusCode::UNPROCESSABLE_ENTITY, "{what}: {}", a.text());
            assert_eq!(a.json()["code"], code, "{what}");
            assert!(!a.json()["title"].as_str().unwrap().is_empty());
        }
        // Called what it is not, it is kept as what it is.
        let a = send(&s, &editor, "report.pdf", &jpeg).await;
        assert_eq!((a.status, &a.json()["name"]), (StatusCode::CREATED, &"report.jpg".into()));
        // A picture that is a page as well is a picture only.
        let mut polyglot = jpeg.clone();
        polyglot.extend(b"<script>alert(1)</script>");
        let a = send(&s, &editor, "a.jpg", &polyglot).await;
        let kept =
            s.get(&format!("/files/{}", a.json()["token"].as_str().unwrap()), &[(header::COOKIE, &editor)]).await;
        assert!(!kept.body.windows(8).any(|w| w == b"<script>"));
        // No form, no file, a form that breaks off.
        for (kind, body) in [
            ("text/plain", "hello".to_owned()),
            (&format!("multipart/form-data; boundary={LINE}"), format!("--{LINE}--\r\n")),
            (&format!("multipart/form-data; boundary={LINE}"), head("a.jpg")),
            ("multipart/form-data", head("a.jpg")),
        ] {
            let r = Request::post("/attachments").header(header::CONTENT_TYPE, kind).header(header::COOKIE, &editor);
            let a = s.send(r.body(Body::from(body)).unwrap()).await;
            assert!(a.status.is_client_error(), "{kind}: {}", a.status);
        }
        for path in ["/files/x", "/files/..%2f..%2fetc%2fpasswd", "/files/%00", &format!("/files/{}", "0f".repeat(16))]
        {
            assert_eq!(s.get(path, &[(header::COOKIE, &editor)]).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        // Two were kept, each with its preview.
        assert_eq!(lying(&s.config.data_dir.join("attachments")), 4);
    });
}

#[test]
fn ten_gigabytes_are_given_up_as_soon_as_they_are_too_many() {
    run(async {
        let s = Server::new().await;
        let (_, editor) = s.account("editor", &[Role::PublicityEditor], Scope::City).await;
        let film = [&b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"[..], &[0; 8]].concat();
        for (start, most) in [(picture(ImageFormat::Jpeg), 21_u64 << 20), (film, 202 << 20)] {
            let given = Arc::new(AtomicU64::new(0));
            let chunk = Bytes::from(vec![0_u8; 1 << 20]);
            let count = Arc::clone(&given);
            let rest = (0..10 * 1024).map(move |_| {
                count.fetch_add(1 << 20, Ordering::Relaxed);
                Ok::<_, std::io::Error>(chunk.clone())
            });
            let first = Bytes::from([head("a.jpg").into_bytes(), start].concat());
            let body = Body::from_stream(futures_util::stream::iter(std::iter::once(Ok(first)).chain(rest)));
            let a = s.send(post(&editor, body)).await;
            assert_eq!(a.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", a.text());
            assert!(given.load(Ordering::Relaxed) <= most, "{} bytes were read", given.load(Ordering::Relaxed));
        }
        assert_eq!(lying(&s.config.data_dir.join("attachments")), 0);
    });
}

/// A film as small as one can be: 12 seconds of nothing.
fn film() -> Vec<u8> {
    let boxed =
        |kind: &[u8; 4], body: &[u8]| [&u32::try_from(body.len() + 8).unwrap().to_be_bytes()[..], kind, body].concat();
    let mut mvhd = vec![0_u8; 100];
    mvhd[12..16].copy_from_slice(&1_000_u32.to_be_bytes());
    mvhd[16..20].copy_from_slice(&12_000_u32.to_be_bytes());
    let mut tkhd = vec![0_u8; 84];
    tkhd[76..80].copy_from_slice(&(640_u32 << 16).to_be_bytes());
    tkhd[80..84].copy_from_slice(&(360_u32 << 16).to_be_bytes());
    let mut hdlr = vec![0_u8; 24];
    hdlr[8..12].copy_from_slice(b"vide");
    let stsd = [&[0_u8; 7][..], &[1, 0, 0, 0, 86], b"avc1", &[0; 78]].concat();
    let stbl = boxed(b"stbl", &boxed(b"stsd", &stsd));
    let mdia = boxed(b"mdia", &[boxed(b"hdlr", &hdlr), boxed(b"minf", &stbl)].concat());
    let trak = boxed(b"trak", &[boxed(b"tkhd", &tkhd), mdia].concat());
    let moov = boxed(b"moov", &[boxed(b"mvhd", &mvhd), trak].concat());
    [boxed(b"ftyp", b"isom\0\0\0\0mp42"), moov, boxed(b"mdat", &[7; 100])].concat()
}

/// What somebody else's reader of metadata makes of a file (`scripts/setup.sh test` installs it).
fn exiftool(args: &[&str]) -> String {
    let out = std::process::Command::new("exiftool").args(args).output().expect("exiftool");
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

#[test]
fn somebody_elses_reader_finds_nothing_that_a_camera_told() {
    run(async {
        let s = Server::new().await;
        let (_, editor) = s.account("editor", &[Role::PublicityEditor], Scope::City).await;
        let dir = tempfile::tempdir().unwrap();
        let place = ["-GPSLatitude=34.7466", "-GPSLongitude=113.6253", "-GPSLatitudeRef=N", "-GPSLongitudeRef=E"];
        let camera = ["-Make=SECRET-MAKER", "-Model=SECRET-MODEL", "-Artist=SECRET-ARTIST", "-XMP:Creator=SECRET-X"];
        let still: Vec<&str> = place.iter().chain(&camera).copied().collect();
        let moving =
            vec!["-Keys:GPSCoordinates=34.7466, 113.6253", "-XMP:Creator=SECRET-X", "-ItemList:Artist=SECRET-A"];
        for (name, bytes, told) in [
            ("a.jpg", picture(ImageFormat::Jpeg), &still),
            ("a.png", picture(ImageFormat::Png), &still),
            ("a.webp", picture(ImageFormat::WebP), &still),
            ("a.mp4", film(), &moving),
        ] {
            let file = dir.path().join(name);
            let path = file.to_str().unwrap();
            std::fs::write(&file, bytes).unwrap();
            exiftool(&[told.as_slice(), &["-q", "-overwrite_original", path]].concat());
            let before = exiftool(&["-a", "-G1", "-s", path]);
            assert!(before.contains("SECRET") && before.contains("GPS"), "{name} tells it: {before}");
            let sent = send(&s, &editor, name, &std::fs::read(&file).unwrap()).await;
            assert_eq!(sent.status, StatusCode::CREATED, "{name}: {}", sent.text());
            let kept = format!("/files/{}", sent.json()["token"].as_str().unwrap());
            let mut parts = vec![kept.clone()];
            if name != "a.mp4" {
                parts.push(format!("{kept}/preview"));
            }
            for part in parts {
                let got = s.get(&part, &[(header::COOKIE, &editor)]).await;
                assert_eq!(got.status, StatusCode::OK);
                std::fs::write(&file, &got.body).unwrap();
                let after = exiftool(&["-a", "-u", "-G0", "-s", path]);
                for word in
                    ["SECRET", "GPS", "34.7", "113.6", "[EXIF]", "[XMP]", "[IPTC]", "[ICC_Profile]", "[MakerNotes]"]
                {
                    assert!(!after.contains(word), "{name}, {part}: {word} in {after}");
                }
            }
        }
    });
}
