//! Files that people attach: what is taken, what a file may be called, why one is refused. Bytes decide what a file is, never its name.

pub mod mp4;

use crate::outcome::{Text, codes};
use serde::{Deserialize, Serialize};

/// Largest picture, bytes.
pub const PICTURE_BYTES: u64 = 20 << 20;
/// Largest video, bytes.
pub const VIDEO_BYTES: u64 = 200 << 20;
/// Largest document, bytes.
pub const DOCUMENT_BYTES: u64 = 50 << 20;
/// Points of a picture that is still opened: what it takes in memory is bounded by them, whatever its bytes are.
pub const PIXELS: u64 = 50_000_000;
/// Longest side of a picture that is still opened, points.
pub const SIDE: u32 = 20_000;
/// Longest side of a picture as it is kept, points.
pub const PICTURE_SIDE: u32 = 1_920;
/// Longest side of its preview, points.
pub const THUMB_SIDE: u32 = 320;
/// Longest video, seconds.
pub const VIDEO_SECONDS: u64 = 300;
/// Parts of an office document at most.
pub const PARTS: usize = 5_000;
/// Bytes that an office document may unfold to.
pub const UNFOLDED: u64 = 300 << 20;
/// How many times its bytes one part may unfold to, when it is larger than a megabyte.
pub const RATIO: u64 = 200;
/// Longest name, characters.
pub const NAME_MAX: usize = 100;
/// Files that one form takes.
pub const FORM_MAX: usize = 5;
/// How long a file is kept that nothing refers to, ms.
pub const UNUSED: i64 = 24 * 3_600_000;

const fn t(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

codes! {
    /// What a file is to its reader.
    Kind: Text {
        /// 图片
        Picture = "picture" => t("图片", "Picture");
        /// 视频
        Video = "video" => t("视频", "Video");
        /// 文档
        Document = "document" => t("文档", "Document");
    }
}

/// How a kind of file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatInfo {
    /// What it is to its reader.
    pub kind: Kind,
    /// Its media type, as it is served.
    pub media: &'static str,
    /// How its name ends.
    pub extension: &'static str,
}

const fn f(kind: Kind, media: &'static str, extension: &'static str) -> FormatInfo {
    FormatInfo { kind, media, extension }
}

codes! {
    /// How a file is written, as its bytes show.
    Format: FormatInfo {
        /// JPEG
        Jpeg = "jpeg" => f(Kind::Picture, "image/jpeg", "jpg");
        /// PNG
        Png = "png" => f(Kind::Picture, "image/png", "png");
        /// WebP
        Webp = "webp" => f(Kind::Picture, "image/webp", "webp");
        /// GIF, of which the first picture is kept
        Gif = "gif" => f(Kind::Picture, "image/gif", "gif");
        /// MP4
        Mp4 = "mp4" => f(Kind::Video, "video/mp4", "mp4");
        /// PDF
        Pdf = "pdf" => f(Kind::Document, "application/pdf", "pdf");
        /// Word
        Docx = "docx" => f(Kind::Document, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx");
        /// Excel
        Xlsx = "xlsx" => f(Kind::Document, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx");
        /// PowerPoint
        Pptx = "pptx" => f(Kind::Document, "application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx");
    }
}

codes! {
    /// Why a file is refused.
    Why: Text {
        /// Nothing was chosen.
        None = "none" => t("没有选择文件", "No file was chosen");
        /// No bytes.
        Empty = "empty" => t("文件是空的", "The file is empty");
        /// Too many bytes.
        TooLarge = "too_large" => t("文件太大:图片最大 20 MB,视频最大 200 MB,文档最大 50 MB", "The file is too large: 20 MB for pictures, 200 MB for videos, 50 MB for documents");
        /// Its bytes are none of the formats taken.
        Unknown = "unknown" => t("不支持这种文件:请用 JPG、PNG、WebP、GIF 图片,MP4 视频,或 PDF、Word、Excel、PowerPoint 文档", "This kind of file is not taken: use JPG, PNG, WebP or GIF pictures, MP4 videos, or PDF, Word, Excel and PowerPoint documents");
        /// A picture was asked for.
        NotPicture = "not_picture" => t("这里只能上传 JPG、PNG、WebP 或 GIF 图片", "Only JPG, PNG, WebP and GIF pictures are taken here");
        /// It ends early.
        Truncated = "truncated" => t("文件不完整,请重新上传", "The file is not whole: upload it again");
        /// It cannot be read.
        Broken = "broken" => t("文件已损坏,无法打开", "The file is damaged and cannot be opened");
        /// More points than are opened.
        TooManyPixels = "too_many_pixels" => t("图片尺寸过大:最多 5000 万像素,边长不超过 20000", "The picture has too many points: 50 million at most, no side longer than 20,000");
        /// It unfolds to too much.
        Bomb = "bomb" => t("文档解压后过大,未接收", "The document unfolds to too much and was not taken");
        /// It has macros or starts something.
        Active = "active" => t("文档含宏、脚本或内嵌程序,请去除后再上传", "The document holds macros, scripts or programs: remove them and upload it again");
        /// It is locked.
        Locked = "locked" => t("文件已加密,请解除密码后再上传", "The file is locked by a password: unlock it and upload it again");
        /// The video is too long.
        TooLong = "too_long" => t("视频最长 5 分钟", "A video lasts five minutes at most");
        /// No picture, or one that browsers do not show.
        NoVideo = "no_video" => t("视频编码不支持:请用 H.264 编码的 MP4", "The video cannot be shown: use MP4 with H.264");
        /// A film in pieces, as recorders and players on the web write them.
        Fragmented = "fragmented" => t("视频是分段格式(网页录制或缓存),请用相册或剪辑软件另存为普通 MP4 后再上传", "The video is stored in fragments, as recorders on the web do: save it as an ordinary MP4 and upload that");
        /// More files than a form takes.
        TooMany = "too_many" => t("一次最多上传 5 个文件", "Five files at most at a time");
        /// Whoever sends it has too much lying about that is in no use.
        Full = "full" => t("您上传后尚未使用的文件已超过 1 GB:请先发出或删除带附件的草稿,未使用的文件一天后自动清除", "More than 1 GB that you uploaded is not in use yet: send or delete drafts with attachments first. What is in no use goes by itself after a day");
        /// It was kept for a form that was sent again, and is gone or attached to something by now.
        Gone = "gone" => t("此前上传的文件已不在,请重新选择", "What was uploaded before is not there any more: choose it again");
        /// The connection ended, or what came was no form.
        Interrupted = "interrupted" => t("上传中断,请重试", "The upload broke off: try again");
        /// The server has no place or no time.
        Busy = "busy" => t("系统暂时无法接收文件,请稍后再试", "Files cannot be taken at the moment: try again later");
    }
}

/// What a file may be where it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Accept {
    /// Pictures: from anybody.
    Pictures,
    /// All: from staff.
    Any,
}

/// A family of formats, as the first bytes tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// The format.
    One(Format),
    /// A ZIP archive, which an office document is.
    Archive,
}

/// Bytes of a file's beginning that tell what it is.
pub const HEAD: usize = 16;

/// What the first bytes of a file tell.
#[must_use]
pub fn start(head: &[u8]) -> Option<Start> {
    Some(match head {
        [0xFF, 0xD8, 0xFF, ..] => Start::One(Format::Jpeg),
        [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => Start::One(Format::Png),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Start::One(Format::Webp),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Start::One(Format::Gif),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Start::One(Format::Mp4),
        [b'%', b'P', b'D', b'F', b'-', ..] => Start::One(Format::Pdf),
        [b'P', b'K', 3, 4, ..] => Start::Archive,
        _ => return None,
    })
}

impl Start {
    /// What it is to its reader.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::One(f) => f.info().kind,
            Self::Archive => Kind::Document,
        }
    }
}

impl Kind {
    /// Most bytes of a file of this kind.
    #[must_use]
    pub const fn bytes_max(self) -> u64 {
        match self {
            Self::Picture => PICTURE_BYTES,
            Self::Video => VIDEO_BYTES,
            Self::Document => DOCUMENT_BYTES,
        }
    }
}

/// Whether a file that begins so is taken, and as what.
///
/// # Errors
/// [`Why`].
pub fn taken(head: &[u8], accept: Accept) -> Result<Start, Why> {
    if head.is_empty() {
        return Err(Why::Empty);
    }
    match (start(head), accept) {
        (Some(s), Accept::Any) => Ok(s),
        (Some(s), Accept::Pictures) if s.kind() == Kind::Picture => Ok(s),
        (_, Accept::Pictures) => Err(Why::NotPicture),
        (None, Accept::Any) => Err(Why::Unknown),
    }
}

/// Whether a letter is seen where it stands: those that turn the direction of writing or have no width make a name look like another.
fn plain(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{00AD}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFD}' | '\u{E0000}'..='\u{E0FFF}')
        && !matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*')
}

/// Names that stand for devices where the file may be saved.
const DEVICES: [&str; 4] = ["CON", "PRN", "AUX", "NUL"];

fn device(stem: &str) -> bool {
    let up = stem.to_ascii_uppercase();
    let first = up.split('.').next().unwrap_or_default().trim_end();
    let port = |p: &str| first.strip_prefix(p).is_some_and(|n| n.len() == 1 && n.bytes().all(|b| b.is_ascii_digit()));
    DEVICES.contains(&first) || port("COM") || port("LPT")
}

/// The name of a file as it is kept and offered: the last part of what was sent, letters that are seen only, its end as its bytes say.
#[must_use]
pub fn name(sent: &str, format: Format) -> String {
    let end = format.info().extension;
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|c| plain(*c)).collect();
    let clean = clean.trim_matches(|c: char| c == '.' || c.is_whitespace());
    // What may be an end of a name is short and of ASCII letters: the name of a Chinese file may hold a dot.
    let stem = match clean.rsplit_once('.') {
        Some((s, e)) if e.len() <= 5 && !e.is_empty() && e.bytes().all(|b| b.is_ascii_alphanumeric()) => s,
        _ => clean,
    };
    let stem: String = stem.chars().take(NAME_MAX - end.len() - 1).collect();
    let stem = stem.trim_matches(|c: char| c == '.' || c.is_whitespace());
    match stem {
        "" => format!("{}.{end}", format.info().kind.code()),
        s if device(s) => format!("_{s}.{end}"),
        s => format!("{s}.{end}"),
    }
}

/// The name of a file as it was sent, for whoever sent it: the last part of it, letters that are seen only.
#[must_use]
pub fn sent_name(sent: &str) -> String {
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars().filter(|c| plain(*c)).take(NAME_MAX).collect()
}

/// A file as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its name in addresses.
    pub token: String,
    /// Its format.
    pub format: Format,
    /// Its name for people.
    pub name: String,
    /// Bytes.
    pub bytes: i64,
    /// SHA-256, lower-case hex.
    pub sha256: String,
    /// Points across; 0 for a document.
    pub width: i32,
    /// Points down; 0 for a document.
    pub height: i32,
    /// How long it lasts, seconds; 0 for what does not.
    pub seconds: i32,
}

impl Attachment {
    /// Where it is.
    #[must_use]
    pub fn address(&self) -> String {
        format!("/files/{}", self.token)
    }

    /// Where its preview is, if it has one.
    #[must_use]
    pub fn preview(&self) -> Option<String> {
        (self.format.info().kind == Kind::Picture).then(|| format!("/files/{}/preview", self.token))
    }

    /// Its size for people: `340 KB`, `2.4 MB`.
    #[must_use]
    pub fn size(&self) -> String {
        size(self.bytes)
    }
}

/// Bytes for people: `340 KB`, `2.4 MB`, powers of 1,000.
#[must_use]
pub fn size(bytes: i64) -> String {
    let bytes = bytes.max(0);
    if bytes < 1_000_000 {
        format!("{} KB", (bytes + 999) / 1_000)
    } else {
        let tenths = (bytes + 50_000) / 100_000;
        format!("{}.{} MB", tenths / 10, tenths % 10)
    }
}

/// Whether a text can be the name of a file in addresses: 32 hex digits.
#[must_use]
pub fn is_token(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_decide_not_names() {
        assert_eq!(start(&[0xFF, 0xD8, 0xFF, 0xE0]), Some(Start::One(Format::Jpeg)));
        assert_eq!(start(b"PK\x03\x04...."), Some(Start::Archive));
        assert_eq!(start(b"\0\0\0\x18ftypmp42"), Some(Start::One(Format::Mp4)));
        for none in [
            &b"<svg xmlns"[..],
            b"<!DOCTYPE html>",
            b"MZ\x90",
            b"\x7fELF",
            b" %PDF-",
            b"GIF88a",
            b"RIFF1234WAVE",
            b"BM",
        ] {
            assert_eq!(taken(none, Accept::Any), Err(Why::Unknown), "{none:?}");
            assert_eq!(taken(none, Accept::Pictures), Err(Why::NotPicture), "{none:?}");
        }
        assert_eq!(taken(b"", Accept::Any), Err(Why::Empty));
        assert_eq!(taken(b"%PDF-1.7", Accept::Pictures), Err(Why::NotPicture));
        assert_eq!(taken(b"%PDF-1.7", Accept::Any).map(Start::kind), Ok(Kind::Document));
    }

    #[test]
    fn names_are_harmless_and_end_as_they_are() {
        for (sent, kept) in [
            ("漏气.JPG", "漏气.jpg"),
            ("../../etc/passwd", "passwd.jpg"),
            ("C:\\fakepath\\阀门.png", "阀门.jpg"),
            ("invoice\u{202E}gpj.exe", "invoicegpj.jpg"),
            ("photo.jpg.exe", "photo.jpg.jpg"),
            ("", "picture.jpg"),
            ("...", "picture.jpg"),
            (".htaccess", "htaccess.jpg"),
            ("CON.png", "_CON.jpg"),
            ("com1", "_com1.jpg"),
            ("a\0b\nc\u{200B}.jpeg", "abc.jpg"),
            ("<img src=x onerror=alert(1)>.jpg", "img src=x onerror=alert(1).jpg"),
            ("2026.11.22 现场", "2026.11.22 现场.jpg"),
        ] {
            assert_eq!(name(sent, Format::Jpeg), kept, "{sent:?}");
        }
        let long = name(&"长".repeat(500), Format::Pptx);
        assert_eq!(long.chars().count(), NAME_MAX);
        assert!(long.ends_with(".pptx"));
    }

    #[test]
    fn sizes_are_told_in_units() {
        assert_eq!(
            [0, 1, 340_000, 999_999, 1_000_000, 2_449_999, 209_715_200].map(size),
            ["0 KB", "1 KB", "340 KB", "1000 KB", "1.0 MB", "2.4 MB", "209.7 MB"]
        );
        assert_eq!(size(-5), "0 KB");
    }

    #[test]
    fn tokens_have_one_form() {
        assert!(is_token(&"0f".repeat(16)));
        for bad in ["", "0F", "../../../../../../../etc/passwd0", &"0F".repeat(16), &"é".repeat(16)] {
            assert!(!is_token(bad), "{bad}");
        }
    }
}
