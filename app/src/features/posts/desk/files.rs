//! Files on their way up: sent with their progress told, pictures cropped before, a frame of a video as its still.

use super::dom::until;
use crate::lang::Lang;
use domain::attachment::{Attachment, PICTURE_SIDE, Why};
use js_sys::Promise;
use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, CanvasRenderingContext2d, FormData, HtmlCanvasElement, HtmlVideoElement, ImageBitmap, ProgressEvent,
    XmlHttpRequest,
};

/// How long is waited for a frame of a video, ms.
const FRAME_MS: i32 = 8_000;
/// Points across the preview of a crop.
const PREVIEW: f64 = 480.0;

/// Sends a file. What is wrong with it is told for people.
pub async fn upload(
    file: &Blob,
    name: &str,
    lang: Lang,
    told: impl Fn(String) + 'static,
) -> Result<Attachment, String> {
    let broken = || lang.text(Why::Interrupted.info()).to_owned();
    let (form, xhr) = match (FormData::new(), XmlHttpRequest::new()) {
        (Ok(form), Ok(xhr)) => (form, xhr),
        _ => return Err(broken()),
    };
    form.append_with_blob_and_filename("file", file, name).map_err(|_| broken())?;
    xhr.open("POST", "/attachments").map_err(|_| broken())?;
    let label = name.to_owned();
    let progress = Closure::<dyn FnMut(ProgressEvent)>::new(move |e: ProgressEvent| {
        if e.total() > 0.0 {
            let percent = (e.loaded() * 100.0 / e.total()).round();
            told(format!("{label} · {percent} %"));
        }
    });
    if let Ok(up) = xhr.upload() {
        up.set_onprogress(Some(progress.as_ref().unchecked_ref()));
    }
    let ended = Promise::new(&mut |resolve, _| xhr.set_onloadend(Some(&resolve)));
    xhr.send_with_opt_form_data(Some(&form)).map_err(|_| broken())?;
    let _ = JsFuture::from(ended).await;
    let text = xhr.response_text().ok().flatten().unwrap_or_default();
    match xhr.status().unwrap_or_default() {
        201 => serde_json::from_str(&text).map_err(|_| broken()),
        401 | 403 => Err(lang
            .pick(
                "登录已失效:请在另一个窗口重新登录后再上传",
                "The session ended: sign in in another window, and upload it again",
            )
            .to_owned()),
        413 => Err(lang.text(Why::TooLarge.info()).to_owned()),
        _ => {
            let said: Option<serde_json::Value> = serde_json::from_str(&text).ok();
            let code = said.as_ref().and_then(|v| v.get("code")?.as_str());
            let why = code.and_then(Why::from_code).unwrap_or(Why::Interrupted);
            Err(lang.text(why.info()).to_owned())
        }
    }
}

/// What is kept of a picture: from the left, from the top, across, down, in its points.
pub type Crop = (f64, f64, f64, f64);

/// The crop of a picture of a size: a ratio (0 for its own), how much of it is kept in hundredths, and where it lies, in hundredths.
pub fn crop((width, height): (f64, f64), ratio: f64, kept: f64, (across, down): (f64, f64)) -> Crop {
    let own = width / height.max(1.0);
    let ratio = if ratio > 0.0 { ratio } else { own };
    let (w, h) = if ratio > own { (width, width / ratio) } else { (height * ratio, height) };
    let (w, h) = ((w * kept / 100.0).max(1.0), (h * kept / 100.0).max(1.0));
    ((width - w) * across / 100.0, (height - h) * down / 100.0, w, h)
}

/// The picture of a file; none where the browser cannot draw it.
pub async fn bitmap(file: &Blob) -> Option<ImageBitmap> {
    let coming = window().create_image_bitmap_with_blob(file).ok()?;
    JsFuture::from(coming).await.ok()?.dyn_into().ok()
}

fn pen(canvas: &HtmlCanvasElement, (w, h): (f64, f64)) -> Option<CanvasRenderingContext2d> {
    canvas.set_width(w.round() as u32);
    canvas.set_height(h.round() as u32);
    canvas.get_context("2d").ok()??.dyn_into().ok()
}

/// Shows what of a picture is kept: the rest is dimmed.
pub fn show(canvas: &HtmlCanvasElement, picture: &ImageBitmap, (x, y, w, h): Crop) {
    let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
    let scale = (PREVIEW / width).min(1.0);
    let Some(pen) = pen(canvas, (width * scale, height * scale)) else { return };
    let _ = pen.draw_image_with_image_bitmap_and_dw_and_dh(picture, 0.0, 0.0, width * scale, height * scale);
    pen.set_fill_style_str("rgb(0 0 0 / 60%)");
    let (x, y, w, h) = (x * scale, y * scale, w * scale, h * scale);
    pen.fill_rect(0.0, 0.0, width * scale, y);
    pen.fill_rect(0.0, y + h, width * scale, height * scale - y - h);
    pen.fill_rect(0.0, y, x, h);
    pen.fill_rect(x + w, y, width * scale - x - w, h);
}

/// Draws what is kept of a picture, no larger than it is stored.
pub async fn cut(picture: &ImageBitmap, (x, y, w, h): Crop) -> Option<Blob> {
    let scale = (f64::from(PICTURE_SIDE) / w.max(h)).min(1.0);
    let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    let pen = pen(&canvas, (w * scale, h * scale))?;
    // What is transparent would be black as JPEG.
    pen.set_fill_style_str("#fff");
    pen.fill_rect(0.0, 0.0, w * scale, h * scale);
    pen.draw_image_with_image_bitmap_and_sw_and_sh_and_dx_and_dy_and_dw_and_dh(
        picture,
        x,
        y,
        w,
        h,
        0.0,
        0.0,
        w * scale,
        h * scale,
    )
    .ok()?;
    jpeg(&canvas).await
}

async fn jpeg(canvas: &HtmlCanvasElement) -> Option<Blob> {
    let made = Promise::new(&mut |resolve, _| {
        let _ = canvas.to_blob_with_type_and_encoder_options(&resolve, "image/jpeg", &JsValue::from_f64(0.9));
    });
    JsFuture::from(made).await.ok()?.dyn_into().ok()
}

/// A frame of a video of ours, near its beginning; none where the browser does not show it.
pub async fn frame(address: &str) -> Option<Blob> {
    let video: HtmlVideoElement = document().create_element("video").ok()?.dyn_into().ok()?;
    video.set_muted(true);
    video.set_preload("auto");
    video.set_src(address);
    until(&video, &["loadeddata", "error"], FRAME_MS).await;
    let (w, h) = (f64::from(video.video_width()), f64::from(video.video_height()));
    // 2: there is a frame to be drawn.
    if video.ready_state() < 2 || w < 1.0 || h < 1.0 {
        return None;
    }
    let length = video.duration();
    if length.is_finite() && length > 0.2 {
        video.set_current_time((length / 4.0).min(1.0));
        until(&video, &["seeked", "error"], FRAME_MS).await;
    }
    let scale = (f64::from(PICTURE_SIDE) / w.max(h)).min(1.0);
    let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    let pen = pen(&canvas, (w * scale, h * scale))?;
    pen.draw_image_with_html_video_element_and_dw_and_dh(&video, 0.0, 0.0, w * scale, h * scale).ok()?;
    let still = jpeg(&canvas).await;
    video.set_src("");
    still
}
