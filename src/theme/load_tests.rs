//! What a theme file does, and what a wrong one does not do.

use super::*;

fn loaded(text: &str) -> (Theme, Vec<(String, Mistake)>) {
    Theme::load("mine", &|name| (name == "mine").then(|| text.to_owned()))
}

#[test]
fn the_built_in_themes_are_without_mistakes() {
    for name in Theme::built_in() {
        let (_, mistakes) = Theme::load(name, &|_| None);
        assert_eq!(mistakes, [], "{name}");
    }
}

#[test]
fn a_theme_builds_on_another_and_changes_what_it_names() {
    let (theme, mistakes) = loaded(
        "inherits = 'dark'\n[palette]\nred = '#ff0000'\n[roles]\nbad = { bold = false }\nwarn = { fg = 208 }",
    );
    assert_eq!(mistakes, []);
    let paints = theme.paints(Colours::True);
    let dark = Theme::load("dark", &|_| None).0.paints(Colours::True);
    assert_eq!(paints[Role::Good], dark[Role::Good]);
    // a palette name stands for its new colour also where only the file below uses it
    assert_eq!(paints[Role::Bad].fg, Shade::Rgb(255, 0, 0));
    assert!(!paints[Role::Bad].weight.has(Weight::BOLD));
    assert_eq!(paints[Role::Warn].fg, Shade::Indexed(208));
    assert_eq!(theme.paints(Colours::Ansi)[Role::Bad].fg, Shade::Ansi(9));
}

#[test]
fn a_file_of_the_name_of_a_built_in_theme_lies_over_it() {
    let find =
        |name: &str| (name == "dark").then(|| "[roles]\nbad = { fg = 'magenta' }".to_owned());
    let (theme, mistakes) = Theme::load("dark", &find);
    assert_eq!(mistakes, []);
    let dark = Theme::load("dark", &|_| None).0.paints(Colours::True);
    let paints = theme.paints(Colours::True);
    assert_eq!(paints[Role::Bad].fg, Shade::Ansi(5));
    assert_eq!(paints[Role::Warn], dark[Role::Warn]);
}

#[test]
fn a_colour_can_be_given_for_each_depth() {
    let (theme, mistakes) =
        loaded("[roles]\nbad = { fg = { true = '#102030', 256 = 99, 16 = 'green' } }");
    assert_eq!(mistakes, []);
    let at = |colours| theme.paints(colours)[Role::Bad].fg;
    assert_eq!(at(Colours::True), Shade::Rgb(0x10, 0x20, 0x30));
    assert_eq!(at(Colours::Palette), Shade::Indexed(99));
    assert_eq!(at(Colours::Ansi), Shade::Ansi(2));
    assert_eq!(at(Colours::None), Shade::Default);
}

#[test]
fn without_colours_no_role_has_one_and_trouble_is_still_heavier_than_text() {
    for name in Theme::built_in() {
        let paints = Theme::load(name, &|_| None).0.paints(Colours::None);
        for role in Role::ALL {
            assert_eq!(
                (paints[role].fg, paints[role].bg),
                (Shade::Default, Shade::Default)
            );
        }
        assert_eq!(paints.ground, Shade::Default);
        for role in [
            Role::Bad,
            Role::Selected,
            Role::Hit,
            Role::Match,
            Role::Mistake,
            Role::Dim,
        ] {
            assert_ne!(paints[role], paints[Role::Text], "{name} {role:?}");
        }
    }
}

#[test]
fn each_mistake_is_told_with_its_place_and_only_its_entry_is_skipped() {
    let text = "inherits = 'drak'\n[roles]\nbad = { fg = '#12345', bold = true }\nwarm = { fg = 'red' }\n\
                good = { fg = 'gren', underlined = true }\n";
    let (theme, mistakes) = loaded(text);
    let told: Vec<String> = mistakes
        .iter()
        .map(|(name, m)| format!("{name}: {m} ({})", m.hint))
        .collect();
    assert_eq!(
        told,
        [
            "mine: line 1, column 12: there is no theme `drak` (did you mean `dark`?)",
            "mine: line 3, column 14: `#12345` is no colour (write \"#rrggbb\", one of the 16 ANSI names, or a number from 0 to 255)",
            "mine: line 4, column 1: `warm` is not a role (did you mean `warn`?)",
            "mine: line 5, column 15: `gren` is neither in the palette nor an ANSI colour (did you mean `green`?)",
            "mine: line 5, column 23: `underlined` is not known of a role (did you mean `underline`?)",
        ]
    );
    let base = Theme::default().paints(Colours::True);
    assert_eq!(theme.paints(Colours::True)[Role::Bad], base[Role::Bad]);
    assert_eq!(theme.paints(Colours::True)[Role::Good], base[Role::Good]);
}

#[test]
fn themes_that_build_on_each_other_are_a_mistake_and_end() {
    let find = |name: &str| match name {
        "one" => Some("inherits = 'two'".to_owned()),
        "two" => Some("inherits = 'one'".to_owned()),
        _ => None,
    };
    let (theme, mistakes) = Theme::load("one", &find);
    assert_eq!(mistakes.len(), 1);
    assert_eq!(mistakes[0].1.what, "theme `one` builds on itself");
    assert_eq!(
        theme.paints(Colours::True),
        Theme::default().paints(Colours::True)
    );
}

#[test]
fn a_theme_that_is_not_there_is_told_and_the_base_is_taken() {
    let (theme, mistakes) = Theme::load("lihgt", &|_| None);
    assert_eq!(mistakes[0].1.what, "there is no theme `lihgt`");
    assert_eq!(mistakes[0].1.hint, "did you mean `light`?");
    assert_eq!(
        theme.paints(Colours::Ansi),
        Theme::default().paints(Colours::Ansi)
    );
}

/// Relative luminance, as WCAG 2.1 defines it.
fn luminance(shade: Shade) -> f64 {
    let (r, g, b) = shade.rgb().unwrap();
    let linear = |c: u8| {
        let c = f64::from(c) / 255.0;
        if c <= 0.03928 {
            c / 12.92
        } else {
            ((c + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

fn contrast(a: Shade, b: Shade) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn text_is_readable_on_the_ground_of_its_theme() {
    for (name, least) in [
        ("dark", 4.5),
        ("light", 4.5),
        ("colour-blind", 4.5),
        ("high-contrast", 7.0),
    ] {
        let theme = Theme::load(name, &|_| None).0;
        for colours in [Colours::Palette, Colours::True] {
            let paints = theme.paints(colours);
            for role in Role::ALL.into_iter().filter(|r| *r != Role::Rule) {
                let paint = paints[role];
                let bg = if paint.bg == Shade::Default {
                    paints.ground
                } else {
                    paint.bg
                };
                let found = contrast(paint.fg, bg);
                assert!(
                    found >= least,
                    "{name} {role:?} at {colours:?}: {found:.2} to 1"
                );
            }
        }
    }
}

#[test]
fn without_red_and_green_good_and_bad_differ_in_lightness_and_in_blue_and_orange() {
    let theme = Theme::load("colour-blind", &|_| None).0;
    for colours in [Colours::Palette, Colours::True] {
        let paints = theme.paints(colours);
        let (bad, good) = (paints[Role::Bad].fg, paints[Role::Good].fg);
        assert!(contrast(bad, good) > 1.5, "{:.2}", contrast(bad, good));
        let ((r, _, b), (x, _, z)) = (bad.rgb().unwrap(), good.rgb().unwrap());
        assert!(r > 180 && b < 100, "bad is orange: {bad:?}");
        assert!(z > 180 && x < 120, "good is blue: {good:?}");
    }
}
