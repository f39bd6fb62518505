//! What nobody should print: bytes that would take over a terminal if a console let them through. Pure.

/// Bytes of the very long line.
const LONG: usize = 1 << 20;

/// The lines come round and round, each with its number.
pub(super) fn line(step: u64) -> Vec<u8> {
    let payload: &[u8] = match step % 20 {
        0 => b"title \x1b]0;pwned\x07 set",
        1 => b"clipboard \x1b]52;c;cm0gLXJmIC8K\x07 written",
        2 => b"link \x1b]8;;https://evil.example/\x1b\\click me\x1b]8;;\x1b\\",
        3 => b"screen \x1b[2J\x1b[H\x1b[?1049l cleared",
        4 => b"colour \x1b[1;31mERROR\x1b[0m is normal, \x1b[38;5;196mso is this\x1b[m",
        5 => b"answer \x1b[6n\x1b[c\x1b[>q asked for",
        6 => b"dcs \x1bP+q544e\x1b\\ and apc \x1b_Gf=100\x1b\\ sent",
        7 => b"c1 \x9b2J \x9d0;pwned\x9c in eight bits",
        8 => "c1 \u{9b}2J \u{9d}0;pwned\u{9c} in UTF-8".as_bytes(),
        9 => "bidi \u{202e}gnp.exe\u{202c} and \u{2066}isolate\u{2069}".as_bytes(),
        10 => "tags \u{e0041}\u{e0042}\u{e007f}, zero width \u{200b}\u{200d}\u{feff}".as_bytes(),
        11 => b"not UTF-8 \xff\xfe\xc3\x28 \xf0\x9f",
        12 => b" 10 %\r 50 %\r100 % of a bar that overwrites itself",
        13 => "lines \u{2028}one\u{2029}two\u{85}three".as_bytes(),
        14 => b"bell \x07 backspace \x08\x08 null \x00 delete \x7f",
        15 => b"an escape that never ends \x1b]0;title",
        16 => "marks Z\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}algo".as_bytes(),
        17 => b"\t\ttabs\tand    spaces",
        18 => b"",
        _ => return long(step),
    };
    let mut line = format!("{step:04} ").into_bytes();
    line.extend_from_slice(payload);
    line
}

fn long(step: u64) -> Vec<u8> {
    let mut line = format!("{step:04} a line of a megabyte ").into_bytes();
    line.resize(LONG, b'x');
    line
}
