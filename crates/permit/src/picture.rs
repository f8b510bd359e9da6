//! The code as a picture (ISO/IEC 18004).

use qrcode::types::QrError;
use qrcode::{EcLevel, QrCode, Version};

/// A QR code at level Q, which still reads with a quarter of it damaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The version: 1 to 25 for a code of ours.
    pub version: i16,
    /// The picture, with its quiet zone.
    pub svg: String,
}

/// Draws a code; its letters are those of the alphanumeric mode, and it takes the smallest version that holds it.
pub fn draw(code: &str) -> Result<Picture, QrError> {
    let drawn = QrCode::with_error_correction_level(code, EcLevel::Q)?;
    let version = match drawn.version() {
        Version::Normal(version) | Version::Micro(version) => version,
    };
    let svg = drawn
        .render::<qrcode::render::svg::Color<'_>>()
        .min_dimensions(200, 200)
        .build();
    Ok(Picture { version, svg })
}
