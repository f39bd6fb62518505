//! What a settings file sets, and what a wrong one does not.

use super::*;
use crate::settings::{BurnWindows, Depth, Safety, effective, environment, example};

fn told(mistakes: &[Mistake]) -> Vec<String> {
    mistakes
        .iter()
        .map(|m| format!("{m} ({})", m.hint))
        .collect()
}

#[test]
fn a_file_sets_what_it_names_and_nothing_else() {
    let text = "theme = 'dark'\ncontexts = ['eu', 'us']\nprotected = ['prod-*']\n[logs]\nsince = '10m'\nwrap = true\n\
                [columns]\nruns = ['name', 'state']\n[filters]\n'my runs' = 'ns:ml'\n\
                [sources.prometheus]\nurl = 'https://prom:9090/x'\ntoken-env = 'PROM_TOKEN'\n\
                [refresh]\ndata-frames-per-second = 1\n";
    let (layer, mistakes) = parse(text);
    assert_eq!(mistakes, []);
    let found = effective(&[layer]);
    let set = &found.settings;
    assert_eq!(set.theme, "dark");
    assert_eq!(set.contexts, ["eu", "us"]);
    assert_eq!(
        (set.logs.since, set.logs.wrap, set.logs.lines),
        (Some(600), true, 100_000)
    );
    assert_eq!(set.columns["runs"], ["name", "state"]);
    assert_eq!(set.filters["my runs"], "ns:ml");
    assert_eq!(set.sources["prometheus"].url, "https://prom:9090/x");
    assert_eq!(set.refresh.data_frames_per_second, Some(1));
    assert_eq!(set.keymap, "default");
    assert_eq!(found.origin("theme"), Origin::File(1));
    assert_eq!(found.origin("logs.wrap"), Origin::File(6));
    assert_eq!(found.origin("keymap"), Origin::BuiltIn);
    let all: Vec<String> = found
        .all()
        .map(|(name, value, from)| format!("{name} = {value} ({from})"))
        .collect();
    assert!(
        all.contains(&"filters.\"my runs\" = \"ns:ml\" (file, line 10)".to_owned()),
        "{all:#?}"
    );
    assert!(
        all.contains(&"logs.since = \"10m\" (file, line 5)".to_owned()),
        "{all:#?}"
    );
}

#[test]
fn each_mistake_has_its_place_and_what_to_write_instead_and_takes_nothing_with_it() {
    let text = "them = 'dark'\nmouse = 'yes'\nkeymap = 'vim'\nwrap = true\n[refresh]\nrequests-per-minut = 5\n\
                frames-per-second = 500\n[logs]\nsince = 'yesterday'\nlines = 500\n[sources.mlflow]\n\
                url = 'ftp://x'\ntoken = 'hunter2'\ntoken-file = '/a'\ntoken-env = 'B'\n";
    let (layer, mistakes) = parse(text);
    assert_eq!(
        told(&mistakes),
        [
            "line 1, column 1: `them` is not a setting (did you mean `theme`?)",
            "line 2, column 9: `mouse` is a text, and should be true or false ()",
            "line 4, column 1: `wrap` is not a setting (did you mean `logs.wrap`?)",
            "line 6, column 1: `refresh.requests-per-minut` is not a setting (did you mean `requests-per-minute`?)",
            "line 7, column 21: `refresh.frames-per-second`: 500 is not from 1 to 60 (write a number from 1 to 60)",
            "line 9, column 9: `logs.since`: `yesterday` is no time (write \"all\", \"30s\", \"10m\", \"2h\" or \"1d\")",
            "line 12, column 7: `sources.mlflow.url`: `ftp://x` is no URL (write \"https://HOST\" or \"http://HOST:PORT/PATH\")",
            "line 13, column 1: `token` is not a setting (a token is not written in this file: use token-file, token-env or token-command)",
            "line 15, column 1: a second way to the token of `mlflow` (keep one of token-file, token-env and token-command)",
        ]
    );
    let set = effective(&[layer]).settings;
    assert_eq!((set.keymap.as_str(), set.logs.lines), ("vim", 500));
    assert_eq!(set.refresh, crate::settings::Refresh::default());
}

#[test]
fn a_file_that_is_no_toml_gives_what_can_still_be_read() {
    let (layer, mistakes) = parse("theme = 'dark'\nkeymap = = 'vim'\nmouse = true\n");
    let set = effective(&[layer]).settings;
    assert!(set.mouse && set.theme == "dark");
    assert_eq!(mistakes.first().map(|m| m.line), Some(2), "{mistakes:?}");
}

#[test]
fn later_layers_win_and_each_value_knows_its_own() {
    let (file, _) = parse("theme = 'dark'\nmouse = true\ncolours = 256");
    let (env, mistakes) = environment(&|name| match name {
        "MIDWATCH_THEME" => Some("light".to_owned()),
        "MIDWATCH_CONTEXTS" => Some("eu, us".to_owned()),
        "MIDWATCH_ASCII" => Some("1".to_owned()),
        "MIDWATCH_LOGS_LINES" => Some("many".to_owned()),
        _ => None,
    });
    let mut flags = Layer::default();
    flags.flag("theme", Some(Value::Text("mono".to_owned())), "--theme");
    let found = effective(&[file, env, flags]);
    assert_eq!(found.settings.theme, "mono");
    assert_eq!(found.origin("theme"), Origin::Flag("--theme"));
    assert_eq!(found.settings.contexts, ["eu", "us"]);
    assert_eq!(found.origin("contexts").to_string(), "MIDWATCH_CONTEXTS");
    assert_eq!(found.settings.ascii, Some(true));
    assert_eq!(found.settings.colours, Depth::Palette);
    assert_eq!(found.origin("mouse"), Origin::File(2));
    assert_eq!(
        mistakes,
        [(
            "MIDWATCH_LOGS_LINES".to_owned(),
            "`MIDWATCH_LOGS_LINES` is a text, and should be a number from 100 to 1000000"
                .to_owned(),
            String::new()
        )]
    );
}

#[test]
fn patterns_say_what_may_be_changed_in_a_context() {
    let (layer, _) = parse("protected = ['prod-*']\nread-only = ['*-audit']");
    let set = effective(&[layer]).settings;
    assert_eq!(set.safety("prod-eu"), Safety::Ask);
    assert_eq!(set.safety("prod-audit"), Safety::ReadOnly);
    assert_eq!(set.safety("dev"), Safety::Free);
}

#[test]
fn a_copy_of_the_audit_goes_where_the_file_says_and_its_secret_is_not_in_the_file() {
    let (layer, mistakes) = parse(
        "[audit]\nrotate-mb = 64\nevents = true\nwebhook = 'https://audit.example.com/x'\n\
         webhook-header = 'Authorization: env:AUDIT_TOKEN'\n",
    );
    assert_eq!(mistakes, []);
    let audit = effective(&[layer]).settings.audit;
    assert_eq!((audit.rotate_mb, audit.events), (64, true));
    assert_eq!(
        audit.webhook.as_deref(),
        Some("https://audit.example.com/x")
    );
    assert_eq!(
        audit.webhook_header.as_deref(),
        Some("Authorization: env:AUDIT_TOKEN")
    );
    let (layer, mistakes) = parse(
        "[audit]\nwebhook = 'https://me:hunter2@audit'\nwebhook-header = 'Authorization: Bearer hunter2'\n",
    );
    assert_eq!(layer, Layer::default());
    assert_eq!(mistakes.len(), 2);
    assert!(!format!("{mistakes:?}").contains("hunter2"), "{mistakes:?}");
}

#[test]
fn the_example_explains_every_key_and_is_right_when_its_lines_are_taken() {
    let text = example();
    for key in KEYS {
        assert!(text.contains(key.about), "{}", key.name);
    }
    assert_eq!(parse(&text), (Layer::default(), Vec::new()));
    let set: String = text
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(entry) if entry.contains(" = ") => format!("{entry}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let (layer, mistakes) = parse(&set);
    assert_eq!(told(&mistakes), Vec::<String>::new());
    assert!(layer.0.len() >= 20, "{}", layer.0.len());
}

#[test]
fn a_name_that_cannot_be_shown_is_a_mistake_and_shown_safely() {
    let (layer, mistakes) = parse("[filters]\n\"a\\u001b[31m\" = 'a'\n\"b\\u202e\" = 3\n");
    assert_eq!(layer, Layer::default());
    assert_eq!(mistakes.len(), 2);
    for mistake in &mistakes {
        assert!(!mistake.what.contains(['\x1b', '\u{202e}']), "{mistake}");
    }
}

#[test]
fn a_service_beside_kubernetes_is_named_by_its_url_or_its_service_and_never_with_its_secret() {
    let text = "[sources.prometheus-eu]\nservice = 'monitoring/prometheus:9090'\ncontext = 'prod-eu*'\n\
                user = 'oncall'\ntoken-file = '~/p'\nhost = 'prom.example.com:9090'\n";
    let (layer, mistakes) = parse(text);
    assert_eq!(mistakes, []);
    let set = effective(&[layer]).settings;
    let endpoint = &set.sources["prometheus-eu"];
    assert_eq!(
        endpoint.service.as_deref(),
        Some("monitoring/prometheus:9090")
    );
    assert_eq!(endpoint.context.as_deref(), Some("prod-eu*"));
    assert_eq!(endpoint.user.as_deref(), Some("oncall"));
    assert_eq!(endpoint.host.as_deref(), Some("prom.example.com:9090"));
    for wrong in [
        "service = 'prometheus'",
        "service = '../secrets/x'",
        "service = 'a/b:0'",
        "service = 'a/b/../c'",
        "user = 'me:hunter2'",
        "host = 'a b'",
        "password = 'hunter2'",
    ] {
        let (layer, mistakes) = parse(&format!("[sources.mlflow]\n{wrong}\n"));
        assert_eq!(layer, Layer::default(), "{wrong}");
        let all = told(&mistakes).join(" ");
        assert!(!all.is_empty() && !all.contains("hunter2"), "{all}");
    }
}

#[test]
fn objectives_have_a_period_windows_and_documents() {
    let text = "[slo]\nperiod = '28d'\nwindows = 'pyrra'\nfiles = ['/etc/slo.yaml']\n";
    let (layer, mistakes) = parse(text);
    assert_eq!(mistakes, []);
    let slo = effective(&[layer]).settings.slo;
    assert_eq!((slo.days, slo.windows), (28, BurnWindows::Pyrra));
    assert_eq!(slo.files, ["/etc/slo.yaml"]);
    let (_, mistakes) = parse("[slo]\nperiod = '1w'\nwindows = 'slot'\n");
    assert_eq!(
        told(&mistakes),
        [
            "line 2, column 10: `slo.period`: `1w` is no period (write \"30d\" or \"28d\")",
            "line 3, column 11: `slo.windows`: `slot` is no set of windows (did you mean `sloth`?)",
        ]
    );
}
