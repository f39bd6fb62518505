//! The encoder of `status.compressedNodes`: nodes go back in the format they came in. Pure.
//!
//! A reader tells the algorithm by the first bytes (`util/file/fileutil.go`, from 4.1 on); up to 4.0 there is gzip only.

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// How nodes are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
    /// RFC 7932.
    Brotli,
}

impl Algorithm {
    /// The algorithm of a packed text, told as the controller tells it.
    #[must_use]
    pub fn of(packed: &str) -> Self {
        // the first four bytes are in the first eight characters
        let head: String = packed.trim().chars().take(8).collect();
        match STANDARD.decode(head).unwrap_or_default().as_slice() {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            _ => Self::Brotli,
        }
    }
}

/// Packs JSON of nodes into the text of `compressedNodes`. `None` when the encoder fails, which bytes in memory give it
/// no reason to.
#[must_use]
pub fn pack(json: &[u8], algorithm: Algorithm) -> Option<String> {
    let packed = match algorithm {
        Algorithm::Gzip => {
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(json).ok()?;
            encoder.finish().ok()?
        }
        Algorithm::Zstd => {
            ruzstd::encoding::compress_to_vec(json, ruzstd::encoding::CompressionLevel::Fastest)
        }
        Algorithm::Brotli => {
            let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 22);
            encoder.write_all(json).ok()?;
            encoder.flush().ok()?;
            encoder.into_inner()
        }
    };
    Some(STANDARD.encode(packed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::argo::packed::unpack;

    #[test]
    fn what_is_packed_is_read_back_and_stays_small() {
        let nodes: Vec<serde_json::Value> = (0..2_000)
            .map(|n| serde_json::json!({"id": n, "phase": "Succeeded"}))
            .collect();
        let json = serde_json::Value::from(nodes).to_string();
        for algorithm in [Algorithm::Gzip, Algorithm::Zstd, Algorithm::Brotli] {
            let packed = pack(json.as_bytes(), algorithm).unwrap();
            assert_eq!(Algorithm::of(&packed), algorithm);
            assert_eq!(unpack(&packed).unwrap(), json.as_bytes(), "{algorithm:?}");
            assert!(
                packed.len() * 3 < json.len(),
                "{algorithm:?}: {}",
                packed.len()
            );
        }
    }
}
