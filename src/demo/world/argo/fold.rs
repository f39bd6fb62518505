//! Node statuses too large for the object are kept compressed: base64 of gzip. Pure.
//!
//! Source: argo-workflows v3.7, workflow/packer.

use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Map, Value, json};

/// Nodes larger than this are compressed (1 MiB for the whole object in the real one).
const LARGEST: usize = 900 << 10;
/// Fewer nodes than this need not be measured.
const FEW: usize = 500;
/// No more than this is read back.
const MOST: u64 = 64 << 20;

/// Takes the nodes out of a status, however they are kept.
pub(super) fn unfold(status: &mut Value) -> Map<String, Value> {
    if let Value::Object(nodes) = status["nodes"].take()
        && !nodes.is_empty()
    {
        return objects(nodes);
    }
    let packed = status["compressedNodes"].as_str().unwrap_or_default();
    let Ok(bytes) = STANDARD.decode(packed) else {
        return Map::new();
    };
    let mut text = Vec::new();
    match GzDecoder::new(bytes.as_slice())
        .take(MOST)
        .read_to_end(&mut text)
    {
        Ok(_) => objects(serde_json::from_slice(&text).unwrap_or_default()),
        Err(_) => Map::new(),
    }
}

/// Without what is no node: anybody may write a status.
fn objects(mut nodes: Map<String, Value>) -> Map<String, Value> {
    nodes.retain(|_, node| node.is_object());
    nodes
}

/// Puts the nodes into a status.
pub(super) fn fold(status: &mut Value, nodes: Map<String, Value>, always: bool) {
    let few = nodes.len() < FEW;
    let nodes = Value::from(nodes);
    if let Some(map) = status.as_object_mut() {
        map.remove("nodes");
        map.remove("compressedNodes");
    }
    if !always && few {
        status["nodes"] = nodes;
        return;
    }
    let text = nodes.to_string();
    if !always && text.len() <= LARGEST {
        status["nodes"] = nodes;
        return;
    }
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    let result = packer
        .write_all(text.as_bytes())
        .and_then(|()| packer.finish());
    match result {
        Ok(bytes) => status["compressedNodes"] = json!(STANDARD.encode(bytes)),
        // cannot happen in memory; the plain form is right as well
        Err(_) => status["nodes"] = nodes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_nodes_unfold_to_the_same() {
        let nodes = json!({"a": {"id": "a", "phase": "Running"}});
        for always in [false, true] {
            let mut status = json!({});
            fold(&mut status, nodes.as_object().unwrap().clone(), always);
            assert_eq!(status.get("nodes").is_none(), always);
            assert_eq!(Value::from(unfold(&mut status)), nodes);
        }
        assert!(unfold(&mut json!({"compressedNodes": "not base64!"})).is_empty());
        assert!(unfold(&mut json!({"compressedNodes": "AAAA"})).is_empty());
    }
}
