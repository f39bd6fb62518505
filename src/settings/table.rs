//! The table of keys: one row for everything that can be set. Pure.

mod notify;
mod read;
mod slo;
mod sources;

use read::{
    count, depth, header, list, name, names, number, put, since, span, switch, text, unless_auto,
    url, word,
};

use super::Value;
use super::key::{Key, Kind};

/// All keys, in the order of the example file.
pub static KEYS: &[Key] = &[
    Key {
        name: "contexts",
        kind: Kind::List,
        form: "a list of names",
        about: "Contexts to show side by side; none for the current one. Not for --kubeconfig and the demo.",
        example: "[\"prod-eu\", \"prod-us\"]",
        take: |s, _, v| put(&mut s.contexts, names(v)?),
        show: |s, _| list(&s.contexts),
    },
    Key {
        name: "namespaces",
        kind: Kind::List,
        form: "a list of names",
        about: "Namespaces to show where you may not list the whole cluster.",
        example: "[\"ml-fraud\"]",
        take: |s, _, v| put(&mut s.namespaces, names(v)?),
        show: |s, _| list(&s.namespaces),
    },
    Key {
        name: "protected",
        kind: Kind::List,
        form: "a list of patterns",
        about: "Contexts in which every change will ask for a name to be typed (* any letters, ? one).",
        example: "[\"prod-*\"]",
        take: |s, _, v| put(&mut s.protected, names(v)?),
        show: |s, _| list(&s.protected),
    },
    Key {
        name: "read-only",
        kind: Kind::List,
        form: "a list of patterns",
        about: "Contexts in which nothing will be changed.",
        example: "[\"*-audit\"]",
        take: |s, _, v| put(&mut s.read_only, names(v)?),
        show: |s, _| list(&s.read_only),
    },
    Key {
        name: "start",
        kind: Kind::Text,
        form: "the name of a screen",
        about: "Screen to begin with: home, runs, pods, sources …, or last for where you were.",
        example: "",
        take: |s, _, v| put(&mut s.start, name(v)?),
        show: |s, _| text(&s.start),
    },
    Key {
        name: "keymap",
        kind: Kind::Text,
        form: "the name of a keymap",
        about: "Keys: a built-in keymap, or a file of the folder keymaps beside this file.",
        example: "",
        take: |s, _, v| put(&mut s.keymap, name(v)?),
        show: |s, _| text(&s.keymap),
    },
    Key {
        name: "theme",
        kind: Kind::Text,
        form: "the name of a theme",
        about: "Colours: a built-in theme (midwatch themes lists them), or a file of the folder themes beside this file.",
        example: "\"dark\"",
        take: |s, _, v| put(&mut s.theme, name(v)?),
        show: |s, _| text(&s.theme),
    },
    Key {
        name: "colours",
        kind: Kind::Text,
        form: "\"auto\", \"none\", \"16\", \"256\" or \"true\"",
        about: "Most colours to use; auto for what the terminal has.",
        example: "",
        take: |s, _, v| put(&mut s.colours, depth(v)?),
        show: |s, _| text(word(s.colours)),
    },
    Key {
        name: "ascii",
        kind: Kind::Switch,
        form: "true, false or \"auto\"",
        about: "Marks and bars in ASCII; auto for what the terminal and the locale can show.",
        example: "",
        take: |s, _, v| put(&mut s.ascii, unless_auto(v, switch)?),
        show: |s, _| {
            s.ascii
                .map_or_else(|| text("auto"), |on| Some(Value::Switch(on)))
        },
    },
    Key {
        name: "mouse",
        kind: Kind::Switch,
        form: "true or false",
        about: "The mouse scrolls and selects; the terminal's own selection then needs Shift.",
        example: "",
        take: |s, _, v| put(&mut s.mouse, switch(v)?),
        show: |s, _| Some(Value::Switch(s.mouse)),
    },
    Key {
        name: "refresh.requests-per-minute",
        kind: Kind::Number,
        form: "a number, 0 for no cap",
        about: "Most requests a minute to each API server; those above it wait. 0 for no cap. Fewer than 20 hurt.",
        example: "120",
        take: |s, _, v| put(&mut s.refresh.requests_per_minute, number(v, 0, 1_000_000)?),
        show: |s, _| count(s.refresh.requests_per_minute),
    },
    Key {
        name: "refresh.frames-per-second",
        kind: Kind::Number,
        form: "a number from 1 to 60",
        about: "Most frames a second, also while you press keys.",
        example: "",
        take: |s, _, v| put(&mut s.refresh.frames_per_second, number(v, 1, 60)?),
        show: |s, _| count(s.refresh.frames_per_second),
    },
    Key {
        name: "refresh.data-frames-per-second",
        kind: Kind::Number,
        form: "a number from 1 to 60, or \"auto\"",
        about: "Most frames a second for data alone; auto for 4, and 2 over SSH.",
        example: "",
        take: |s, _, v| {
            put(
                &mut s.refresh.data_frames_per_second,
                unless_auto(v, |v| number(v, 1, 60))?,
            )
        },
        show: |s, _| {
            s.refresh
                .data_frames_per_second
                .map_or_else(|| text("auto"), count)
        },
    },
    Key {
        name: "logs.lines",
        kind: Kind::Number,
        form: "a number from 100 to 1000000",
        about: "Most lines of a log kept in memory; the oldest go first.",
        example: "",
        take: |s, _, v| {
            let lines: u32 = number(v, 100, 1_000_000)?;
            put(
                &mut s.logs.lines,
                usize::try_from(lines).unwrap_or(usize::MAX),
            )
        },
        show: |s, _| i64::try_from(s.logs.lines).ok().map(Value::Number),
    },
    Key {
        name: "logs.since",
        kind: Kind::Text,
        form: "\"all\", or a time such as \"10m\"",
        about: "How far back a log begins: all, 30s, 10m, 2h, 1d.",
        example: "",
        take: |s, _, v| put(&mut s.logs.since, since(v)?),
        show: |s, _| text(&s.logs.since.map_or_else(|| "all".to_owned(), span)),
    },
    Key {
        name: "logs.wrap",
        kind: Kind::Switch,
        form: "true or false",
        about: "Long lines are broken instead of cut.",
        example: "",
        take: |s, _, v| put(&mut s.logs.wrap, switch(v)?),
        show: |s, _| Some(Value::Switch(s.logs.wrap)),
    },
    Key {
        name: "logs.timestamps",
        kind: Kind::Switch,
        form: "true or false",
        about: "Each line begins with its time.",
        example: "",
        take: |s, _, v| put(&mut s.logs.timestamps, switch(v)?),
        show: |s, _| Some(Value::Switch(s.logs.timestamps)),
    },
    notify::BELL,
    notify::DESKTOP,
    Key {
        name: "act.unlock-minutes",
        kind: Kind::Number,
        form: "a number from 1 to 60",
        about: "How long unlock lets you change a protected or read-only context.",
        example: "",
        take: |s, _, v| put(&mut s.act.unlock_minutes, number(v, 1, 60)?),
        show: |s, _| count(s.act.unlock_minutes),
    },
    Key {
        name: "audit.rotate-mb",
        kind: Kind::Number,
        form: "a number from 1 to 1024",
        about: "A journal file of this many MiB is followed by a new one; old ones are kept.",
        example: "",
        take: |s, _, v| put(&mut s.audit.rotate_mb, number(v, 1, 1024)?),
        show: |s, _| count(s.audit.rotate_mb),
    },
    Key {
        name: "audit.events",
        kind: Kind::Switch,
        form: "true or false",
        about: "A Kubernetes Event on the object tells others what was done to it.",
        example: "",
        take: |s, _, v| put(&mut s.audit.events, switch(v)?),
        show: |s, _| Some(Value::Switch(s.audit.events)),
    },
    Key {
        name: "audit.webhook",
        kind: Kind::Text,
        form: "a URL",
        about: "Where a copy of each action is posted once it has ended, as JSON.",
        example: "\"https://audit.example.com/midwatch\"",
        take: |s, _, v| put(&mut s.audit.webhook, Some(url(v)?)),
        show: |s, _| text(s.audit.webhook.as_ref()?),
    },
    Key {
        name: "audit.webhook-header",
        kind: Kind::Text,
        form: "a text such as \"Authorization: env:AUDIT_TOKEN\"",
        about: "Header sent with it; its value is that of an environment variable.",
        example: "\"Authorization: env:AUDIT_TOKEN\"",
        take: |s, _, v| put(&mut s.audit.webhook_header, Some(header(v)?)),
        show: |s, _| text(s.audit.webhook_header.as_ref()?),
    },
    slo::PERIOD,
    slo::WINDOWS,
    slo::FILES,
    Key {
        name: "columns.*",
        kind: Kind::List,
        form: "a list of columns",
        about: "Columns of a screen, by its name, in the order to show them.",
        example: "runs = [\"state\", \"name\", \"namespace\", \"age\"]",
        take: |s, screen, v| {
            s.columns.insert(screen.to_owned(), names(v)?);
            Ok(())
        },
        show: |s, screen| list(s.columns.get(screen)?),
    },
    Key {
        name: "filters.*",
        kind: Kind::Text,
        form: "a filter",
        about: "Saved filters, by a name of yours.",
        example: "mine = \"ns:ml-fraud !phase:succeeded\"",
        take: |s, filter, v| {
            s.filters.insert(filter.to_owned(), name(v)?);
            Ok(())
        },
        show: |s, filter| text(s.filters.get(filter)?),
    },
    Key {
        name: "sources.*.url",
        kind: Kind::Text,
        form: "a URL",
        about: "Where prometheus, thanos, alertmanager or mlflow answers; looked for in the cluster when it is not set.",
        example: "prometheus.url = \"https://prometheus.example.com\"",
        take: |s, source, v| {
            put(
                &mut s.sources.entry(source.to_owned()).or_default().url,
                url(v)?,
            )
        },
        show: |s, source| text(Some(&s.sources.get(source)?.url).filter(|u| !u.is_empty())?),
    },
    sources::SERVICE,
    sources::CONTEXT,
    sources::USER,
    sources::HOST,
    Key {
        name: "sources.*.token-file",
        kind: Kind::Text,
        form: "the path of a file",
        about: "File that holds its token.",
        example: "prometheus.token-file = \"~/.config/prometheus-token\"",
        take: |s, source, v| {
            let path = Some(name(v)?);
            put(
                &mut s.sources.entry(source.to_owned()).or_default().token_file,
                path,
            )
        },
        show: |s, source| text(s.sources.get(source)?.token_file.as_ref()?),
    },
    Key {
        name: "sources.*.token-env",
        kind: Kind::Text,
        form: "the name of an environment variable",
        about: "Or the environment variable that holds its token.",
        example: "",
        take: |s, source, v| {
            let variable = Some(name(v)?);
            put(
                &mut s.sources.entry(source.to_owned()).or_default().token_env,
                variable,
            )
        },
        show: |s, source| text(s.sources.get(source)?.token_env.as_ref()?),
    },
    Key {
        name: "sources.*.token-command",
        kind: Kind::List,
        form: "a list: a command and its arguments",
        about: "Or the command that prints its token, with its arguments.",
        example: "",
        take: |s, source, v| {
            let command = names(v)?;
            put(
                &mut s
                    .sources
                    .entry(source.to_owned())
                    .or_default()
                    .token_command,
                command,
            )
        },
        show: |s, source| {
            let command = &s.sources.get(source)?.token_command;
            if command.is_empty() {
                None
            } else {
                list(command)
            }
        },
    },
    Key {
        name: "sources.*.ca",
        kind: Kind::Text,
        form: "the path of a file",
        about: "File with the certificates that vouch for it.",
        example: "prometheus.ca = \"/etc/ssl/corp.pem\"",
        take: |s, source, v| {
            let path = Some(name(v)?);
            put(
                &mut s.sources.entry(source.to_owned()).or_default().ca,
                path,
            )
        },
        show: |s, source| text(s.sources.get(source)?.ca.as_ref()?),
    },
    super::gate::KEY,
];
