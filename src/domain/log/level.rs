//! How much a line of a log matters, guessed from its words. Pure; never from its colours, which anybody can print.
//!
//! What is read: klog's `E0102 …`, `level=error`, a JSON field, a level in capitals or brackets near the start, what
//! Python, Go, Rust, CUDA and the kernel say when a program dies, exit codes.

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum LogLevel {
    /// It does not say.
    #[default]
    Unknown,
    /// For those who look for a mistake.
    Debug,
    /// As it should be.
    Info,
    /// Will cost, or may.
    Warn,
    /// Failed.
    Error,
}

impl LogLevel {
    /// The word as shown.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
        }
    }

    /// Reads a level as programs write it: a word in any case, or the numbers of pino and bunyan.
    #[must_use]
    pub fn read(word: &str) -> Self {
        let mut lower = [0u8; 9];
        let bytes = word.as_bytes();
        let Some(lower) = lower.get_mut(..bytes.len()) else {
            return Self::Unknown;
        };
        lower.copy_from_slice(bytes);
        lower.make_ascii_lowercase();
        match &*lower {
            b"trace" | b"debug" | b"dbg" | b"verbose" | b"fine" | b"10" | b"20" => Self::Debug,
            b"info" | b"inf" | b"notice" | b"log" | b"success" | b"30" => Self::Info,
            b"warn" | b"warning" | b"wrn" | b"40" => Self::Warn,
            b"error" | b"err" | b"fatal" | b"critical" | b"crit" | b"severe" | b"panic"
            | b"alert" | b"emerg" | b"emergency" | b"dpanic" | b"50" | b"60" => Self::Error,
            _ => Self::Unknown,
        }
    }
}

/// Bytes of a line that are looked at.
const HEAD: usize = 400;
/// Words among which a level may stand.
const WORDS: usize = 12;

/// What a line says about itself.
#[must_use]
pub fn guess(text: &str) -> LogLevel {
    let head = head(text).trim_start();
    if head.is_empty() {
        return LogLevel::Unknown;
    }
    if head.starts_with('{') {
        return json(head);
    }
    let told = klog(head)
        .or_else(|| key_value(head))
        .or_else(|| among_words(head));
    told.unwrap_or_else(|| last_words(head))
}

fn head(text: &str) -> &str {
    let mut end = text.len().min(HEAD);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

/// `E0102 15:04:05.678901       1 file.go:12] …`
fn klog(text: &str) -> Option<LogLevel> {
    let bytes = text.as_bytes();
    let level = match bytes.first()? {
        b'I' => LogLevel::Info,
        b'W' => LogLevel::Warn,
        b'E' | b'F' => LogLevel::Error,
        _ => return None,
    };
    let date = bytes.get(1..5)?.iter().all(u8::is_ascii_digit);
    let time = bytes.get(6)?.is_ascii_digit() && bytes.get(8) == Some(&b':');
    (date && bytes.get(5) == Some(&b' ') && time).then_some(level)
}

/// `level=error`, `lvl="warn"`.
fn key_value(text: &str) -> Option<LogLevel> {
    for key in ["level=", "lvl=", "severity=", "levelname="] {
        for (at, _) in text.match_indices(key) {
            let before = text.get(..at)?.chars().next_back();
            if before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '.') {
                let value = text.get(at + key.len()..)?.trim_start_matches('"');
                let level = LogLevel::read(first_word(value));
                if level != LogLevel::Unknown {
                    return Some(level);
                }
            }
        }
    }
    None
}

/// The level field of a JSON line. Fields inside strings have a backslash before their quote and do not count.
fn json(text: &str) -> LogLevel {
    let keys = [
        "\"level\"",
        "\"severity\"",
        "\"lvl\"",
        "\"levelname\"",
        "\"log.level\"",
    ];
    let found = keys.iter().find_map(|key| {
        let at = text.find(key)?;
        let before = text.get(..at)?.trim_end().chars().next_back();
        if !matches!(before, Some('{' | ',')) {
            return None;
        }
        let rest = text.get(at + key.len()..)?.trim_start();
        let value = rest.strip_prefix(':')?.trim_start().trim_start_matches('"');
        Some(LogLevel::read(first_word(value)))
    });
    found.unwrap_or_default()
}

fn first_word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric());
    text.get(..end.unwrap_or(text.len())).unwrap_or_default()
}

/// A level in capitals near the start, in brackets in any case, or the first word before a colon.
fn among_words(text: &str) -> Option<LogLevel> {
    let mut seen = 0;
    let mut at = 0;
    while seen < WORDS {
        let rest = text.get(at..)?;
        let start = at + rest.find(|c: char| c.is_ascii_alphabetic())?;
        let word = first_word(text.get(start..)?);
        at = start + word.len();
        seen += 1;
        if word.len() < 3 {
            continue;
        }
        let before = text.get(..start)?.chars().next_back();
        let after = text.get(at..)?.chars().next();
        let level = LogLevel::read(word);
        if level != LogLevel::Unknown {
            // `ERROR_COUNT`, `WARN-1`, `my.ERROR` are names
            let joined = |c: Option<char>| matches!(c, Some('_' | '-' | '.' | '=' | '/'));
            let loud = word.bytes().all(|b| b.is_ascii_uppercase());
            let boxed = matches!(before, Some('[' | '<' | '(' | '|'))
                && matches!(after, Some(']' | '>' | ')' | '|'));
            let heading = start == 0 && after == Some(':');
            if boxed || heading || (loud && !joined(before) && !joined(after)) {
                return Some(level);
            }
        }
        // `torch.cuda.OutOfMemoryError: …`, `KeyError: 'x'`
        let raised = ["Error", "Exception", "Interrupt"];
        let dotted = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '_';
        let first = text.get(..start)?.chars().all(dotted);
        if first && raised.iter().any(|r| word.ends_with(r)) && matches!(after, Some(':') | None) {
            return Some(LogLevel::Error);
        }
    }
    None
}

/// What programs, languages and the kernel say when something dies.
fn last_words(text: &str) -> LogLevel {
    const FATAL: [&str; 11] = [
        "Traceback (most recent call last)",
        "panicked at ",
        "Segmentation fault",
        "core dumped",
        "OOMKilled",
        "out of memory",
        "No space left on device",
        "CUDA error",
        "Uncaught exception",
        "unhandled exception",
        "Killed process ",
    ];
    if FATAL.iter().any(|words| text.contains(words)) || text == "Killed" {
        return LogLevel::Error;
    }
    for words in [
        "exit code ",
        "exit status ",
        "exited with code ",
        "exit code: ",
    ] {
        if let Some((_, rest)) = text.split_once(words) {
            let code = rest.trim_start_matches('-');
            let digits = code.bytes().take_while(u8::is_ascii_digit).count();
            let number = code.get(..digits).unwrap_or_default();
            if !number.is_empty() && number.bytes().any(|b| b != b'0') {
                return LogLevel::Error;
            }
        }
    }
    LogLevel::Unknown
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn levels_are_read_as_programs_write_them() {
        let cases = [
            ("2026-11-21T03:12:44Z ERROR step failed", LogLevel::Error),
            (
                "2026-11-21 03:12:44,123 - trainer - WARNING - lr is 0",
                LogLevel::Warn,
            ),
            ("INFO  done, 0 errors", LogLevel::Info),
            ("INFO  handling of an ERROR page", LogLevel::Info),
            (
                "time=\"2026-11-21\" level=warning msg=\"slow\"",
                LogLevel::Warn,
            ),
            (
                "E1121 03:12:44.123456       1 main.go:7] no",
                LogLevel::Error,
            ),
            (
                "I1121 03:12:44.123456       1 main.go:7] ERROR",
                LogLevel::Info,
            ),
            (r#"{"ts":1,"level":"error","msg":"no"}"#, LogLevel::Error),
            (r#"{"level":30,"msg":"ok"}"#, LogLevel::Info),
            (
                r#"{"msg":"\"level\":\"error\"","severity":"INFO"}"#,
                LogLevel::Info,
            ),
            ("[error] bind() failed", LogLevel::Error),
            ("error: no such file", LogLevel::Error),
            ("Traceback (most recent call last):", LogLevel::Error),
            ("KeyError: 'amount'", LogLevel::Error),
            (
                "torch.cuda.OutOfMemoryError: CUDA out of memory.",
                LogLevel::Error,
            ),
            ("process ended with exit code 137", LogLevel::Error),
            ("process ended with exit code 0", LogLevel::Unknown),
            (
                "gpu-17:1:45 [0] NCCL WARN Call to connect returned",
                LogLevel::Warn,
            ),
            ("DEBUG cache hit", LogLevel::Debug),
        ];
        for (text, level) in cases {
            assert_eq!(guess(text), level, "{text}");
        }
    }

    #[test]
    fn words_that_only_sound_like_trouble_are_left_alone() {
        for text in [
            "step 40 loss 0.3 error 0.01",
            "no error so far",
            "retries on_error=3 ERROR_BUDGET=4",
            "epoch 3/12, 14 warnings silenced",
            "",
            "   ",
            "E1121",
            "Warm start",
        ] {
            assert_eq!(guess(text), LogLevel::Unknown, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_a_level(text in ".{0,600}") {
            let _ = guess(&text);
        }

        #[test]
        fn a_level_word_is_read_in_any_case(word in "(?i)(error|warn|info|debug|fatal)") {
            prop_assert_ne!(LogLevel::read(&word), LogLevel::Unknown);
        }
    }
}
