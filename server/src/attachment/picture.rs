//! Pictures are drawn anew: what is kept are their points, turned as the camera was held. Where it was taken, by what and whatever else was
//! in the file is left behind.

use domain::attachment::{Format, PICTURE_SIDE, PIXELS, SIDE, THUMB_SIDE, Why};
use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits,
    codecs::{jpeg::JpegEncoder, png::PngEncoder},
};
use std::io::{Cursor, ErrorKind};

/// Quality of JPEG, of 100.
const QUALITY: u8 = 84;
/// Quality of a preview.
const PREVIEW_QUALITY: u8 = 74;
/// Memory that one picture may take, bytes.
const MEMORY: u64 = 640 << 20;

/// A picture as it is kept.
#[derive(Debug)]
pub struct Drawn {
    /// Its format.
    pub format: Format,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// A small one, JPEG.
    pub preview: Vec<u8>,
    /// Points across.
    pub width: u32,
    /// Points down.
    pub height: u32,
}

fn why(e: &ImageError) -> Why {
    match e {
        ImageError::Limits(_) => Why::TooManyPixels,
        ImageError::IoError(io) if io.kind() == ErrorKind::UnexpectedEof => Why::Truncated,
        _ => Why::Broken,
    }
}

/// Whether a JPEG runs to its end: readers draw what there is and leave the rest grey.
fn whole_jpeg(b: &[u8]) -> bool {
    let mut at = 2;
    loop {
        let (Some(&mark), Some(&kind)) = (b.get(at), b.get(at + 1)) else { return false };
        if mark != 0xFF {
            return false;
        }
        match kind {
            // Fill.
            0xFF => at += 1,
            0xD9 => return true,
            0x01 | 0xD0..=0xD8 => at += 2,
            _ => {
                let (Some(&hi), Some(&lo)) = (b.get(at + 2), b.get(at + 3)) else { return false };
                at += 2 + usize::from(u16::from_be_bytes([hi, lo])).max(2);
                if kind == 0xDA {
                    // What was scanned, to the next mark that is one.
                    while let Some(i) = b.get(at..).and_then(|r| r.iter().position(|x| *x == 0xFF)) {
                        at += i;
                        match b.get(at + 1) {
                            Some(0 | 0xD0..=0xD7) => at += 2,
                            Some(_) => break,
                            None => return false,
                        }
                    }
                }
            }
        }
    }
}

/// Whether a WebP is as long as it says.
fn whole_webp(b: &[u8]) -> bool {
    let said = b.get(4..8).and_then(|l| l.try_into().ok()).map(u32::from_le_bytes);
    said.is_some_and(|n| u64::from(n) + 8 <= b.len() as u64 + 1)
}

/// Draws a picture anew; `flat` what is seen through on white, since a picture without it is smaller by far.
///
/// # Errors
/// [`Why`].
pub fn draw(bytes: &[u8], format: Format, flat: bool) -> Result<Drawn, Why> {
    let kind = match format {
        Format::Jpeg if !whole_jpeg(bytes) => return Err(Why::Truncated),
        Format::Jpeg => ImageFormat::Jpeg,
        Format::Png => ImageFormat::Png,
        Format::Webp if !whole_webp(bytes) => return Err(Why::Truncated),
        Format::Webp => ImageFormat::WebP,
        Format::Gif => ImageFormat::Gif,
        _ => return Err(Why::NotPicture),
    };
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height, limits.max_alloc) = (Some(SIDE), Some(SIDE), Some(MEMORY));
    let mut reader = ImageReader::with_format(Cursor::new(bytes), kind);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|e| why(&e))?;
    let (w, h) = decoder.dimensions();
    if w > SIDE || h > SIDE || u64::from(w) * u64::from(h) > PIXELS {
        return Err(Why::TooManyPixels);
    }
    let turned = decoder.orientation().map_err(|e| why(&e))?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|e| why(&e))?;
    if w.max(h) > PICTURE_SIDE {
        picture = picture.thumbnail(PICTURE_SIDE, PICTURE_SIDE);
    }
    picture.apply_orientation(turned);
    // Eight bits a colour are what both formats and all screens have.
    if flat && picture.color().has_alpha() {
        picture = on_white(&picture);
    }
    let clear = picture.color().has_alpha() && picture.to_rgba8().pixels().any(|p| p.0[3] < 255);
    let (width, height) = (picture.width(), picture.height());
    let mut out = vec![];
    let format = if clear {
        picture = picture.to_rgba8().into();
        picture.write_with_encoder(PngEncoder::new(&mut out)).map_err(|e| why(&e))?;
        Format::Png
    } else {
        picture = picture.to_rgb8().into();
        picture.write_with_encoder(JpegEncoder::new_with_quality(&mut out, QUALITY)).map_err(|e| why(&e))?;
        Format::Jpeg
    };
    let small = if width.max(height) > THUMB_SIDE { picture.thumbnail(THUMB_SIDE, THUMB_SIDE) } else { picture };
    let mut preview = vec![];
    on_white(&small)
        .write_with_encoder(JpegEncoder::new_with_quality(&mut preview, PREVIEW_QUALITY))
        .map_err(|e| why(&e))?;
    Ok(Drawn { format, bytes: out, preview, width, height })
}

/// What is seen through is white.
fn on_white(picture: &DynamicImage) -> DynamicImage {
    if !picture.color().has_alpha() {
        return picture.to_rgb8().into();
    }
    let from = picture.to_rgba8();
    let mut to = image::RgbImage::new(from.width(), from.height());
    for (p, q) in from.pixels().zip(to.pixels_mut()) {
        let [r, g, b, a] = p.0.map(u32::from);
        let mix = |c: u32| u8::try_from((c * a + 255 * (255 - a)) / 255).unwrap_or(255);
        q.0 = [mix(r), mix(g), mix(b)];
    }
    to.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, RgbImage, Rgba, RgbaImage};

    fn gradient(w: u32, h: u32) -> RgbImage {
        RgbImage::from_fn(w, h, |x, y| Rgb([(x % 256) as u8, (y % 256) as u8, 128]))
    }

    fn jpeg(picture: &RgbImage) -> Vec<u8> {
        let mut out = vec![];
        picture.write_with_encoder(JpegEncoder::new(&mut out)).unwrap();
        out
    }

    /// A JPEG that says where it was taken, and that it was held sideways.
    fn with_exif(jpeg: &[u8]) -> Vec<u8> {
        let mut tiff = b"MM\0\x2A\0\0\0\x08\0\x02".to_vec();
        tiff.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0]);
        tiff.extend([0x01, 0x0F, 0, 2, 0, 0, 0, 20, 0, 0, 0, 0x26]);
        tiff.extend([0, 0, 0, 0]);
        tiff.extend(b"SECRET-CAMERA-34.75\0");
        let mut body = b"Exif\0\0".to_vec();
        body.extend(tiff);
        let mut out = vec![0xFF, 0xD8, 0xFF, 0xE1];
        out.extend(u16::try_from(body.len() + 2).unwrap().to_be_bytes());
        out.extend(body);
        out.extend(&jpeg[2..]);
        out
    }

    #[test]
    fn what_a_camera_tells_beside_is_gone_and_the_picture_stands_upright() {
        let bytes = with_exif(&jpeg(&gradient(400, 200)));
        assert!(bytes.windows(6).any(|w| w == b"SECRET"));
        let drawn = draw(&bytes, Format::Jpeg, false).unwrap();
        assert_eq!((drawn.width, drawn.height, drawn.format), (200, 400, Format::Jpeg));
        for out in [&drawn.bytes, &drawn.preview] {
            assert!(!out.windows(6).any(|w| w == b"SECRET" || w == b"Exif\0\0"));
            assert!(whole_jpeg(out));
        }
    }

    #[test]
    fn what_hides_behind_a_picture_is_left_behind() {
        let mut bytes = jpeg(&gradient(50, 50));
        bytes.extend(b"PK\x03\x04<script>alert(1)</script>");
        let drawn = draw(&bytes, Format::Jpeg, false).unwrap();
        assert!(!drawn.bytes.windows(8).any(|w| w == b"<script>"));
        // GIF and JavaScript at once.
        let mut gif = vec![];
        let frame = DynamicImage::from(RgbaImage::from_pixel(3, 2, Rgba([1, 2, 3, 255])));
        frame.write_to(&mut Cursor::new(&mut gif), ImageFormat::Gif).unwrap();
        gif.extend(b"*/=alert(1)//");
        assert!(!draw(&gif, Format::Gif, false).unwrap().bytes.windows(5).any(|w| w == b"alert"));
    }

    #[test]
    fn large_ones_are_made_smaller_and_clear_ones_stay_clear() {
        let drawn = draw(&jpeg(&gradient(4_000, 1_000)), Format::Jpeg, false).unwrap();
        assert_eq!((drawn.width, drawn.height), (1_920, 480));
        let mut png = vec![];
        RgbaImage::from_pixel(30, 20, Rgba([9, 9, 9, 0])).write_with_encoder(PngEncoder::new(&mut png)).unwrap();
        let drawn = draw(&png, Format::Png, false).unwrap();
        assert_eq!((drawn.format, drawn.width), (Format::Png, 30));
        // From the public it is a photo, too.
        let flat = draw(&png, Format::Png, true).unwrap();
        assert_eq!((flat.format, flat.bytes.starts_with(&[0xFF, 0xD8])), (Format::Jpeg, true));
        // Without clear points it is a photo like any other.
        let mut opaque = vec![];
        RgbaImage::from_pixel(30, 20, Rgba([9, 9, 9, 255])).write_with_encoder(PngEncoder::new(&mut opaque)).unwrap();
        assert_eq!(draw(&opaque, Format::Png, false).unwrap().format, Format::Jpeg);
    }

    #[test]
    fn a_picture_of_too_many_points_is_never_opened() {
        // A PNG head that says 100,000 by 100,000, and one within the sides that is too large all the same.
        for (w, h) in [(100_000_u32, 100_000_u32), (19_999, 19_999)] {
            let mut png = vec![];
            gradient(2, 2).write_with_encoder(PngEncoder::new(&mut png)).unwrap();
            png[16..20].copy_from_slice(&w.to_be_bytes());
            png[20..24].copy_from_slice(&h.to_be_bytes());
            let mut crc = flate2::Crc::new();
            crc.update(&png[12..29]);
            png[29..33].copy_from_slice(&crc.sum().to_be_bytes());
            assert_eq!(draw(&png, Format::Png, false).unwrap_err(), Why::TooManyPixels);
        }
    }

    #[test]
    fn cut_and_bent_ones_are_refused_or_drawn_and_nothing_panics() {
        let photo = gradient(64, 64);
        let whole = jpeg(&photo);
        for n in (0..whole.len() - 1).step_by(7) {
            assert!(draw(&whole[..n], Format::Jpeg, false).is_err(), "{n} of {}", whole.len());
        }
        for (kind, format) in
            [(ImageFormat::Png, Format::Png), (ImageFormat::WebP, Format::Webp), (ImageFormat::Gif, Format::Gif)]
        {
            let mut bytes = vec![];
            DynamicImage::from(photo.clone()).to_rgba8().write_to(&mut Cursor::new(&mut bytes), kind).unwrap();
            assert!(draw(&bytes, format, false).is_ok(), "{format:?}");
            assert!(draw(&bytes[..bytes.len() / 2], format, false).is_err(), "{format:?}");
            for at in (0..bytes.len()).step_by(11) {
                let mut bent = bytes.clone();
                bent[at] ^= 0x5A;
                let _ = draw(&bent, format, false);
            }
        }
        assert_eq!(draw(b"\xFF\xD8\xFFnot at all", Format::Jpeg, false).unwrap_err(), Why::Truncated);
    }
}
