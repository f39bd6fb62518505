//! Keys as the bytes that a terminal sends.

/// What a terminal sends for a key.
pub fn encode(key: &str) -> Vec<u8> {
    if let Some(rest) = key.strip_prefix("A-") {
        return [b"\x1b".to_vec(), encode(rest)].concat();
    }
    if let Some(rest) = key.strip_prefix("C-") {
        let c = rest.bytes().next().expect("a character after C-");
        return vec![c.to_ascii_lowercase() & 0x1f];
    }
    let named: &[u8] = match key {
        "Enter" => b"\r",
        "Esc" => b"\x1b",
        "Tab" => b"\t",
        "S-Tab" => b"\x1b[Z",
        "Space" => b" ",
        "Backspace" => b"\x7f",
        "Delete" => b"\x1b[3~",
        "Insert" => b"\x1b[2~",
        "Up" => b"\x1b[A",
        "Down" => b"\x1b[B",
        "Right" => b"\x1b[C",
        "Left" => b"\x1b[D",
        "Home" => b"\x1b[H",
        "End" => b"\x1b[F",
        "PageUp" => b"\x1b[5~",
        "PageDown" => b"\x1b[6~",
        "F1" => b"\x1bOP",
        "F2" => b"\x1bOQ",
        "F3" => b"\x1bOR",
        "F4" => b"\x1bOS",
        "F5" => b"\x1b[15~",
        _ => {
            assert_eq!(key.chars().count(), 1, "`{key}` is no key");
            key.as_bytes()
        }
    };
    named.to_vec()
}
