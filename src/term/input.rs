//! Keys, pastes and new sizes, as messages. I/O: a thread of its own reads the terminal.
//!
//! A thread, not a task: on a terminal that is gone, or in the middle of an escape sequence, reading blocks or spins
//! for ever, and must take neither the loop nor the end of the program with it.

use std::io;
use std::thread;

use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind,
};
use futures::executor::block_on;
use futures::future::{Either, select};
use futures::{Stream, StreamExt};
use tokio::sync::mpsc;

use super::ears::{Ears, Events, Order};
use super::{Alarm, Ended};
use crate::app::Msg;
use crate::app::pointer::Button;
use crate::keys::{Chord, Code, Mods};

/// Longest paste that is passed on, in bytes. A console has no field that takes more.
const PASTE: usize = 64 * 1024;

/// Starts reading. Ends when the loop no longer listens. New sizes are noticed from the moment this returns, so the
/// first size is to be asked for after it.
pub fn listen(messages: mpsc::Sender<Msg>, alarm: Alarm) -> io::Result<Ears> {
    let events = Events::new();
    let (ears, orders) = Ears::new();
    thread::Builder::new()
        .name("input".to_owned())
        .spawn(move || {
            if let Err(error) = rounds(events, &messages, orders) {
                alarm.raise(Ended::Lost(format!("reading from it failed: {error}")));
            }
        })?;
    Ok(ears)
}

/// Passes events on, but while a program has the terminal.
fn rounds(
    mut events: Events,
    messages: &mpsc::Sender<Msg>,
    mut orders: mpsc::Receiver<Order>,
) -> io::Result<()> {
    loop {
        let reading = Box::pin(forward(&mut events, messages));
        let order = block_on(async {
            match select(reading, Box::pin(orders.recv())).await {
                Either::Left((done, _)) => Err(done),
                Either::Right((order, _)) => Ok(order),
            }
        });
        match order {
            Err(done) => return done,
            Ok(Some(Order::Pause(done))) => {
                events.stop();
                let _ = done.send(());
                while !matches!(orders.blocking_recv(), Some(Order::Resume) | None) {}
                events = Events::new();
            }
            Ok(Some(Order::Resume)) => {}
            // nobody gives orders any more: read on to the end
            Ok(None) => return block_on(forward(&mut events, messages)),
        }
    }
}

/// Passes events on until the loop no longer listens or the terminal fails.
async fn forward(
    mut events: impl Stream<Item = io::Result<Event>> + Unpin,
    messages: &mpsc::Sender<Msg>,
) -> io::Result<()> {
    // Closing is looked at together with each event, on the same waker: an event stream keeps the first waker it is
    // polled with, so it must never be polled from anywhere else.
    while let Either::Left((Some(event), _)) =
        select(events.next(), Box::pin(messages.closed())).await
    {
        if let Some(message) = message(event?)
            && messages.send(message).await.is_err()
        {
            break;
        }
    }
    Ok(())
}

/// What an event means here; `None` when it means nothing.
fn message(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) => chord(key).map(Msg::Pressed),
        Event::Paste(text) => Some(Msg::Pasted(bounded(text))),
        // A terminal that does not know its size says 0; there is nothing to draw on until it knows.
        Event::Resize(columns, rows) if columns > 0 && rows > 0 => {
            Some(Msg::Resized(columns, rows))
        }
        Event::Mouse(mouse) => button(mouse.kind).map(|button| Msg::Clicked {
            at: (mouse.column, mouse.row),
            button,
        }),
        Event::Resize(..) | Event::FocusGained | Event::FocusLost => None,
    }
}

/// Presses and notches; where the hand moves between them is nobody's business.
fn button(kind: MouseEventKind) -> Option<Button> {
    match kind {
        MouseEventKind::Down(MouseButton::Left) => Some(Button::Left),
        MouseEventKind::Down(MouseButton::Right) => Some(Button::Right),
        MouseEventKind::ScrollUp => Some(Button::WheelUp),
        MouseEventKind::ScrollDown => Some(Button::WheelDown),
        _ => None,
    }
}

fn bounded(mut text: String) -> String {
    let mut end = PASTE.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

fn chord(key: KeyEvent) -> Option<Chord> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let held = |modifier| key.modifiers.contains(modifier);
    // the window manager's keys: what is left of them would be another key
    if held(KeyModifiers::SUPER) || held(KeyModifiers::HYPER) {
        return None;
    }
    let mods = Mods {
        ctrl: held(KeyModifiers::CONTROL),
        alt: held(KeyModifiers::ALT) || held(KeyModifiers::META),
        shift: held(KeyModifiers::SHIFT),
    };
    let chord = Chord::new(code(key.code)?, mods);
    // what every terminal has sent for Escape, also where it can be told apart
    if chord == Chord::ctrl('[') {
        return Some(Chord::plain(Code::Esc));
    }
    Some(chord)
}

fn code(code: KeyCode) -> Option<Code> {
    Some(match code {
        // C1 controls can be typed as UTF-8; no key of a console is one.
        KeyCode::Char(c) if c.is_control() => return None,
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::F(n @ 1..=24) => Code::F(n),
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab => Code::Tab,
        KeyCode::BackTab => Code::BackTab,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Insert => Code::Insert,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    fn key(code: KeyCode, modifiers: KeyModifiers) -> Event {
        Event::Key(KeyEvent::new(code, modifiers))
    }

    fn pressed(event: Event) -> String {
        match message(event) {
            Some(Msg::Pressed(chord)) => chord.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn keys_become_chords_with_shift_already_applied() {
        assert_eq!(pressed(key(KeyCode::Char('G'), KeyModifiers::SHIFT)), "G");
        assert_eq!(
            pressed(key(KeyCode::Char('c'), KeyModifiers::CONTROL)),
            "C-c"
        );
        assert_eq!(pressed(key(KeyCode::BackTab, KeyModifiers::SHIFT)), "S-tab");
        assert_eq!(pressed(key(KeyCode::Up, KeyModifiers::SHIFT)), "S-up");
        assert_eq!(pressed(key(KeyCode::Char('x'), KeyModifiers::META)), "A-x");
    }

    #[test]
    fn keys_that_only_some_terminals_tell_apart_mean_the_same_on_all() {
        assert_eq!(
            pressed(key(KeyCode::Char('['), KeyModifiers::CONTROL)),
            "esc"
        );
        assert_eq!(
            pressed(key(KeyCode::Char(' '), KeyModifiers::SHIFT)),
            "space"
        );
        assert!(message(key(KeyCode::Char('q'), KeyModifiers::SUPER)).is_none());
    }

    #[test]
    fn what_is_no_key_press_is_dropped() {
        let mut released = KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE);
        released.kind = KeyEventKind::Release;
        assert!(message(Event::Key(released)).is_none());
        assert!(message(key(KeyCode::Char('\u{9b}'), KeyModifiers::NONE)).is_none());
        assert!(message(key(KeyCode::F(0), KeyModifiers::NONE)).is_none());
        assert!(message(Event::Resize(0, 24)).is_none());
        assert!(message(Event::FocusLost).is_none());
    }

    #[test]
    fn a_paste_is_cut_at_a_character_when_it_is_too_long() {
        let Some(Msg::Pasted(text)) = message(Event::Paste("€".repeat(PASTE))) else {
            panic!("no paste");
        };
        assert_eq!(text.len(), PASTE - PASTE % 3);
        assert!(text.chars().all(|c| c == '€'));
    }

    #[test]
    fn events_arrive_in_their_order() {
        let keys = ["a", "b"].map(|c| key(KeyCode::Char(c.parse().unwrap()), KeyModifiers::NONE));
        let [a, b] = keys.map(Ok);
        let (tx, mut rx) = mpsc::channel(8);
        block_on(forward(stream::iter([a, Ok(Event::Resize(9, 8)), b]), &tx)).unwrap();
        drop(tx);
        let mut got = Vec::new();
        while let Some(msg) = block_on(rx.recv()) {
            got.push(match msg {
                Msg::Resized(columns, rows) => format!("{columns}x{rows}"),
                Msg::Pressed(chord) => chord.to_string(),
                other => format!("{other:?}"),
            });
        }
        assert_eq!(got, ["a", "9x8", "b"]);
    }

    #[test]
    fn reading_stops_when_the_loop_has_ended() {
        let (tx, rx) = mpsc::channel(1);
        drop(rx);
        block_on(forward(stream::pending(), &tx)).unwrap();
    }

    #[test]
    fn a_terminal_that_fails_is_reported() {
        let (tx, _rx) = mpsc::channel(1);
        let events = stream::iter([Err(io::Error::other("gone"))]);
        assert_eq!(
            block_on(forward(events, &tx)).unwrap_err().to_string(),
            "gone"
        );
    }
}
