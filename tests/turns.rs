//! The loop without a terminal and without a cluster: what is drawn when, and what sources are told.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "turns/bench.rs"]
mod bench;
#[path = "screens/done.rs"]
#[allow(dead_code)]
mod done;
#[path = "turns/hands.rs"]
mod hands;
#[path = "screens/platform.rs"]
#[allow(dead_code)]
mod platform;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bench::{Bench, Event, eu};
use midwatch::app::Msg;
use midwatch::domain::ClusterLoad;
use midwatch::keys::Chord;
use midwatch::shell::End;
use midwatch::store::News;
use midwatch::term::{Ended, Signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

fn key(c: char) -> Msg {
    Msg::Pressed(Chord::char(c))
}

fn load(requests: u32) -> News {
    let load = ClusterLoad {
        requests,
        ..ClusterLoad::default()
    };
    News::Load(eu(), load)
}

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

#[tokio::test(start_paused = true)]
async fn the_first_frame_and_the_first_wants_come_at_once() {
    let mut bench = Bench::new();
    let input = bench.input.clone();
    let end = bench
        .play(async move { input.send(key('q')).await.unwrap() })
        .await;
    assert_eq!(end, End::Quit);
    assert_eq!(bench.frames().first(), Some(&Duration::ZERO));
    assert_eq!(bench.told.0.lock().unwrap().0.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn news_are_drawn_four_times_a_second_however_many_come() {
    let mut bench = Bench::new();
    let (input, news) = (bench.input.clone(), bench.news.clone());
    bench
        .play(async move {
            for n in 0..1000 {
                news.send(load(n)).await.unwrap();
                sleep(ms(1)).await;
            }
            input.send(key('q')).await.unwrap();
        })
        .await;
    let frames = bench.frames();
    assert!((4..=6).contains(&frames.len()), "{frames:?}");
    let gaps: Vec<Duration> = frames
        .windows(2)
        .map(|pair| pair[1].saturating_sub(pair[0]))
        .collect();
    assert!(gaps.iter().all(|gap| *gap >= ms(249)), "{gaps:?}");
}

#[tokio::test(start_paused = true)]
async fn a_key_is_drawn_at_once_in_a_flood_of_news() {
    let mut bench = Bench::new();
    let (input, news) = (bench.input.clone(), bench.news.clone());
    let pressed = Arc::new(Mutex::new(Duration::ZERO));
    let (start, at) = (Instant::now(), Arc::clone(&pressed));
    bench
        .play(async move {
            for n in 0..1000 {
                news.send(load(n)).await.unwrap();
            }
            sleep(ms(100)).await;
            for n in 0..1000 {
                news.try_send(load(n)).unwrap();
            }
            *at.lock().unwrap() = start.elapsed();
            input.send(key('?')).await.unwrap();
            sleep(ms(20)).await;
            input.send(key('q')).await.unwrap();
        })
        .await;
    let pressed = *pressed.lock().unwrap();
    let frames = bench.frames();
    assert!(
        frames
            .iter()
            .any(|at| (pressed..=pressed + ms(16)).contains(at)),
        "pressed at {pressed:?}, drawn at {frames:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn while_the_terminal_is_slow_keys_count_and_the_last_state_is_drawn_once() {
    let mut bench = Bench::new();
    let (input, idle) = (bench.input.clone(), bench.idle.clone());
    let frames = Arc::clone(&bench.events);
    bench
        .play(async move {
            sleep(ms(100)).await;
            idle.send(false).unwrap();
            let before = frames.lock().unwrap().len();
            for _ in 0..50 {
                input.send(key('?')).await.unwrap();
                sleep(ms(20)).await;
                input
                    .send(Msg::Pressed("esc".parse().unwrap()))
                    .await
                    .unwrap();
                sleep(ms(20)).await;
            }
            input.send(key('0')).await.unwrap();
            sleep(ms(20)).await;
            assert_eq!(
                frames.lock().unwrap().len(),
                before,
                "nothing is drawn meanwhile"
            );
            idle.send(true).unwrap();
            sleep(ms(1)).await;
            assert_eq!(frames.lock().unwrap().len(), before + 1);
            input.send(key('q')).await.unwrap();
        })
        .await;
    assert_eq!(
        bench.turns.model().base(),
        "sources",
        "every key was handled"
    );
    assert!(bench.screen().contains("Sources"), "{}", bench.screen());
}

#[tokio::test(start_paused = true)]
async fn quit_works_though_the_terminal_takes_nothing() {
    let mut bench = Bench::new();
    let (input, idle) = (bench.input.clone(), bench.idle.clone());
    let end = bench
        .play(async move {
            idle.send(false).unwrap();
            sleep(ms(5)).await;
            input.send(key('q')).await.unwrap();
        })
        .await;
    assert_eq!(end, End::Quit);
}

#[tokio::test(start_paused = true)]
async fn of_a_storm_of_sizes_the_last_one_is_drawn() {
    let mut bench = Bench::new();
    let input = bench.input.clone();
    bench
        .play(async move {
            sleep(ms(100)).await;
            for n in 1..=200 {
                input.try_send(Msg::Resized(n, n)).unwrap();
            }
            input.try_send(Msg::Resized(100, 30)).unwrap();
            sleep(ms(100)).await;
            input.send(key('q')).await.unwrap();
        })
        .await;
    let events = bench.events.lock().unwrap().clone();
    let sizes = events.iter().filter(|e| matches!(e, Event::Resized(..)));
    assert!(sizes.count() <= 4, "{events:?}");
    let last = events.iter().rposition(|e| *e == Event::Resized(100, 30));
    assert!(
        matches!(events[last.unwrap() + 1], Event::Drawn(_)),
        "{events:?}"
    );
    assert_eq!(bench.turns.model().size, (100, 30));
}

#[tokio::test(start_paused = true)]
async fn sources_are_told_when_another_screen_needs_something_else_and_only_then() {
    let mut bench = Bench::new();
    let (input, news) = (bench.input.clone(), bench.news.clone());
    bench
        .play(async move {
            for n in 0..10 {
                news.send(load(n)).await.unwrap();
                sleep(ms(300)).await;
            }
            input.send(key('8')).await.unwrap();
            sleep(ms(50)).await;
            input.send(key('q')).await.unwrap();
        })
        .await;
    let told = bench.told.0.lock().unwrap().0.clone();
    assert_eq!(told.len(), 2, "{told:#?}");
    assert_ne!(told[0], told[1]);
    assert_eq!(told.last(), Some(&bench.turns.model().wants()));
}

#[tokio::test(start_paused = true)]
async fn stopped_and_continued_it_takes_the_terminal_again_and_draws() {
    let mut bench = Bench::new();
    let (input, signals) = (bench.input.clone(), bench.signals.clone());
    bench
        .play(async move {
            sleep(ms(50)).await;
            input.send(Msg::Pressed(Chord::ctrl('z'))).await.unwrap();
            sleep(ms(50)).await;
            signals.send(Signal::Continued).await.unwrap();
            sleep(ms(50)).await;
            input.send(key('q')).await.unwrap();
        })
        .await;
    let events = bench.events.lock().unwrap().clone();
    let at = events.iter().position(|e| *e == Event::Suspended).unwrap();
    assert_eq!(
        events[at + 1..at + 3],
        [Event::Resumed, Event::Resized(90, 25)]
    );
    assert!(matches!(events[at + 3], Event::Drawn(_)), "{events:?}");
}

#[tokio::test(start_paused = true)]
async fn it_goes_on_when_the_feed_has_ended_and_ends_when_the_input_has() {
    let mut bench = Bench::new();
    bench.news = mpsc::channel(1).0;
    let input = std::mem::replace(&mut bench.input, mpsc::channel(1).0);
    let end = bench
        .play(async move {
            sleep(ms(100)).await;
            input.send(key('?')).await.unwrap();
            sleep(ms(100)).await;
        })
        .await;
    assert!(matches!(end, End::Alarm(Ended::Lost(_))), "{end:?}");
    assert!(bench.frames().len() >= 2);
}

#[tokio::test(start_paused = true)]
async fn an_alarm_comes_before_everything_else() {
    let mut bench = Bench::new();
    let (input, alarms) = (bench.input.clone(), bench.alarms.clone());
    let end = bench
        .play(async move {
            input.try_send(key('q')).unwrap();
            alarms.try_send(Ended::Signalled("SIGTERM", 15)).unwrap();
        })
        .await;
    assert_eq!(end.code(), 143);
    assert_eq!(end.message().as_deref(), Some("ended by SIGTERM"));
}

#[tokio::test(start_paused = true)]
async fn reconnect_is_passed_on() {
    let mut bench = Bench::new();
    let input = bench.input.clone();
    bench
        .play(async move {
            input.send(Msg::Pressed(Chord::ctrl('r'))).await.unwrap();
            sleep(ms(50)).await;
            input.send(key('q')).await.unwrap();
        })
        .await;
    assert_eq!(bench.told.0.lock().unwrap().1, 1);
}
