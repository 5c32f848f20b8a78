//! A QR code (GB/T 18284) as a path.

use qrcode::{Color, EcLevel, QrCode};

/// Light modules around it.
const QUIET: usize = 4;

/// The dark modules of a text's QR code, and the modules of a side with the quiet zone; `None` where it is too long. A quarter of a
/// scratched label may be lost.
pub fn path(text: &str) -> Option<(String, u32)> {
    let code = QrCode::with_error_correction_level(text, EcLevel::Q).ok()?;
    let width = code.width();
    let dark = code.to_colors().into_iter().enumerate().filter(|(_, c)| *c == Color::Dark);
    let path = dark.map(|(i, _)| format!("M{} {}h1v1h-1z", i % width + QUIET, i / width + QUIET)).collect();
    Some((path, u32::try_from(width + 2 * QUIET).ok()?))
}
