//! `status.compressedNodes`: base64 of gzip, zstd or brotli, unpacked within a bound. Pure.
//!
//! Source: `util/file/fileutil.go`; the algorithm is told by the first bytes, as the controller does it.

use std::fmt;
use std::io::Read;
use std::marker::PhantomData;

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::kinds::lenient::otherwise;

/// Most bytes that are unpacked. Real statuses stay far below: the packed form is under 1 MiB.
pub const LIMIT: u64 = 64 * 1024 * 1024;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why packed nodes cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// Not base64.
    #[error("not base64: {0}")]
    Base64(String),
    /// The packed stream is cut or damaged.
    #[error("{0} stream is damaged: {1}")]
    Damaged(&'static str, String),
    /// Larger than [`LIMIT`] once unpacked.
    #[error("larger than {} MiB once unpacked", LIMIT / 1024 / 1024)]
    TooLarge,
    /// Unpacked, but not nodes.
    #[error("not a map of nodes: {0}")]
    Json(String),
}

/// Unpacks the text of `compressedNodes` to JSON.
pub fn unpack(text: &str) -> Result<Vec<u8>, PackError> {
    let packed = BASE64
        .decode(text.trim())
        .map_err(|e| PackError::Base64(e.to_string()))?;
    match packed.get(..4) {
        Some([0x1f, 0x8b, ..]) => {
            read("gzip", flate2::read::MultiGzDecoder::new(packed.as_slice()))
        }
        Some([0x28, 0xb5, 0x2f, 0xfd]) => {
            let decoder = ruzstd::decoding::StreamingDecoder::new(packed.as_slice())
                .map_err(|e| PackError::Damaged("zstd", e.to_string()))?;
            read("zstd", decoder)
        }
        _ => read(
            "brotli",
            brotli_decompressor::Decompressor::new(packed.as_slice(), 16 * 1024),
        ),
    }
}

fn read(algorithm: &'static str, decoder: impl Read) -> Result<Vec<u8>, PackError> {
    let mut out = Vec::new();
    decoder
        .take(LIMIT + 1)
        .read_to_end(&mut out)
        .map_err(|e| PackError::Damaged(algorithm, e.to_string()))?;
    if u64::try_from(out.len()).unwrap_or(u64::MAX) > LIMIT {
        return Err(PackError::TooLarge);
    }
    Ok(out)
}

/// Nodes that came packed: unpacked and decoded while the workflow is decoded, so that no packed text is kept.
/// `None` when the field is empty or missing.
#[derive(Debug)]
pub struct Packed<N>(pub Option<Result<N, PackError>>);

impl<N> Default for Packed<N> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, N: DeserializeOwned> Deserialize<'de> for Packed<N> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V<N>(PhantomData<N>);
        impl<'de, N: DeserializeOwned> Visitor<'de> for V<N> {
            type Value = Packed<N>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("packed nodes")
            }
            fn visit_str<E>(self, text: &str) -> Result<Packed<N>, E> {
                if text.is_empty() {
                    return Ok(Packed(None));
                }
                let nodes = unpack(text).and_then(|json| {
                    serde_json::from_slice(&json).map_err(|e| PackError::Json(e.to_string()))
                });
                Ok(Packed(Some(nodes)))
            }
            otherwise!(Packed(None); bool number null seq map);
        }
        d.deserialize_any(V(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(json: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(json).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn gzip_zstd_and_brotli_are_told_apart_by_their_first_bytes() {
        let json = br#"{"wf":{"id":"wf"}}"#;
        let zstd = ruzstd::encoding::compress_to_vec(
            json.as_slice(),
            ruzstd::encoding::CompressionLevel::Fastest,
        );
        // `{"wf":{"id":"wf"}}` as one uncompressed brotli meta-block
        let brotli = [&[0x10, 0x01, 0x10][..], json, &[0x03]].concat();
        for packed in [gzip(json), zstd, brotli] {
            assert_eq!(
                unpack(&BASE64.encode(&packed)).unwrap(),
                json,
                "{packed:x?}"
            );
        }
    }

    #[test]
    fn damage_is_told() {
        let mut cut = gzip(&[b'x'; 1000]);
        cut.truncate(20);
        assert!(matches!(
            unpack(&BASE64.encode(cut)),
            Err(PackError::Damaged("gzip", _))
        ));
        assert!(matches!(unpack("%%%"), Err(PackError::Base64(_))));
        assert!(matches!(
            unpack("KLUv/QAA"),
            Err(PackError::Damaged("zstd", _))
        ));
    }

    #[test]
    fn a_bomb_is_refused() {
        let bomb = gzip(&vec![b' '; usize::try_from(LIMIT).unwrap() + 2]);
        assert_eq!(unpack(&BASE64.encode(bomb)), Err(PackError::TooLarge));
    }
}
