//! Each write leaves once, whatever happens to it, and what is known of it is told.

use std::sync::{Arc, Mutex};

use midwatch::act::{Reply, Wire};
use midwatch::fault::{Fault, FaultKind};
use serde_json::{Value, json};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::stub::{Play, Stub, delete, json_body, ordinary, patch, refusal, wire};

/// Nothing of the operator's secrets stands in a fault.
fn told(fault: &Fault) -> String {
    let text = fault.told();
    assert!(!text.contains("planted"), "{text}");
    text
}

#[tokio::test]
async fn a_request_leaves_as_the_plan_has_it() {
    let stub = Stub::playing(Play::Answer(200, "", json_body(&json!({"a": 1})))).await;
    let wire = stub.wire();
    let reply = wire.send(&patch(), false).await;
    assert_eq!(
        reply,
        Reply::Answered {
            status: 200,
            body: json!({"a": 1})
        }
    );
    wire.send(&delete(), true).await;
    let [first, second] = &stub.writes()[..] else {
        panic!("two writes: {:?}", stub.writes());
    };
    assert_eq!(first.method, "PATCH");
    assert_eq!(
        first.target,
        "/apis/argoproj.io/v1alpha1/namespaces/ml/workflows/a%2Fb?fieldManager=midwatch"
    );
    assert_eq!(
        first.headers["content-type"],
        "application/merge-patch+json"
    );
    assert_eq!(
        first.headers["authorization"],
        "Bearer planted-secret-token"
    );
    assert_eq!(first.headers["host"], stub.addr.to_string());
    assert_eq!(first.body, patch().body.to_string().as_bytes());
    assert_eq!(second.method, "DELETE");
    assert_eq!(second.target, "/api/v1/namespaces/ml/pods/p?dryRun=All");
    // a deletion with a body is only tried when the body says so: the server does not look at the query then
    let mut tried = delete().body.clone();
    tried["dryRun"] = json!(["All"]);
    assert_eq!(second.body, tried.to_string().as_bytes());
}

#[tokio::test]
async fn a_refusal_of_any_sort_is_one_request_and_the_answer_is_told() {
    for (status, headers) in [
        (401, ""),
        (403, ""),
        (404, ""),
        (409, ""),
        (422, ""),
        (429, "retry-after: 1\r\n"),
        (500, ""),
        (503, "retry-after: 1\r\n"),
        (504, ""),
    ] {
        let stub = Stub::playing(Play::Answer(status, headers, refusal(status, "no"))).await;
        let reply = stub.wire().send(&patch(), false).await;
        let Reply::Answered { status: told, body } = reply else {
            panic!("{status}: {reply:?}");
        };
        assert_eq!((told, &body["message"]), (status, &json!("no")));
        assert_eq!(stub.writes().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_never_followed() {
    let other = Stub::playing(Play::Answer(200, "", b"{}".to_vec())).await;
    let headers: &'static str = format!(
        "location: http://{}/api/v1/namespaces/ml/pods/p\r\n",
        other.addr
    )
    .leak();
    for status in [301, 302, 303, 307, 308] {
        let stub = Stub::playing(Play::Answer(status, headers, Vec::new())).await;
        let reply = stub.wire().send(&delete(), false).await;
        assert!(
            matches!(reply, Reply::Answered { status: told, body: Value::Null } if told == status),
            "{reply:?}"
        );
        assert_eq!(stub.writes().len(), 1);
    }
    assert!(other.got().is_empty());
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_answer_leaves_one_request_in_doubt() {
    for play in [
        Play::Cut,
        Play::Part(Vec::new()),
        Play::Part(b"HTTP/1.1 200 OK\r\ncontent-le".to_vec()),
        Play::Part(b"\x16\x03\x01 this is no HTTP\r\n\r\n".to_vec()),
    ] {
        let stub = Stub::playing(play.clone()).await;
        let reply = stub.wire().send(&patch(), false).await;
        let Reply::Lost(fault) = reply else {
            panic!("{play:?}: {reply:?}");
        };
        assert!(told(&fault).contains("no answer came"), "{fault:?}");
        assert!(fault.hint.contains("Look"), "{fault:?}");
        assert_eq!(stub.writes().len(), 1, "{play:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_silent_leaves_one_request_in_doubt() {
    for bytes in [&b""[..], b"HTTP/1.1 200 OK\r\n"] {
        let stub = Stub::playing(Play::Hang(bytes.to_vec())).await;
        let reply = stub.wire().send(&patch(), false).await;
        let Reply::Lost(fault) = reply else {
            panic!("{reply:?}");
        };
        assert_eq!(fault.kind, FaultKind::Timeout);
        assert_eq!(stub.writes().len(), 1);
    }
}

#[tokio::test]
async fn an_answer_counts_though_its_body_is_cut_silent_huge_or_no_json() {
    let head = |length: usize| {
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        )
    };
    let part = |length, body: &[u8]| [head(length).as_bytes(), body].concat();
    for (play, body) in [
        (Play::Part(part(100, b"{\"a\":")), Value::Null),
        (Play::Hang(part(100, b"{\"a\":")), Value::Null),
        (Play::Answer(200, "", vec![b'x'; 3 << 20]), Value::Null),
        (Play::Answer(200, "", Vec::new()), Value::Null),
        (
            Play::Answer(200, "", b"<html>\x1b[2J".to_vec()),
            json!("<html>␛[2J"),
        ),
    ] {
        let stub = Stub::playing(play).await;
        let reply = stub.wire().send(&patch(), false).await;
        let Reply::Answered {
            status,
            body: found,
        } = reply
        else {
            panic!("{reply:?}");
        };
        assert_eq!(status, 200);
        if body == Value::Null {
            assert_eq!(found, body);
        } else {
            let text = found.as_str().unwrap();
            assert!(
                text.starts_with("<html>") && !text.contains('\u{1b}'),
                "{text}"
            );
        }
        assert_eq!(stub.writes().len(), 1);
    }
}

#[tokio::test]
async fn a_server_that_closes_connections_between_two_writes_gets_each_once() {
    for play in [
        Play::AnswerAndClose(200, b"{}".to_vec()),
        Play::Answer(200, "connection: close\r\n", b"{}".to_vec()),
        Play::Answer(200, "", b"{}".to_vec()),
    ] {
        let stub = Stub::playing(play).await;
        let wire = stub.wire();
        for _ in 0..20 {
            let reply = wire.send(&patch(), false).await;
            assert!(
                matches!(reply, Reply::Answered { status: 200, .. }),
                "{reply:?}"
            );
        }
        let mut connections: Vec<usize> = stub.writes().iter().map(|w| w.connection).collect();
        assert_eq!(connections.len(), 20);
        connections.dedup();
        assert_eq!(
            connections.len(),
            20,
            "a connection is never used for two writes"
        );
    }
}

#[tokio::test]
async fn what_found_no_server_was_not_sent() {
    let mut stub = Stub::playing(Play::Answer(200, "", b"{}".to_vec())).await;
    let wire = stub.wire();
    wire.cluster().await.unwrap();
    stub.end().await;
    let reply = wire.send(&patch(), false).await;
    let Reply::NotSent(fault) = reply else {
        panic!("{reply:?}");
    };
    assert_eq!(fault.kind, FaultKind::Unreachable);
    assert!(told(&fault).contains("refuses connections"), "{fault:?}");
}

#[tokio::test]
async fn without_credentials_nothing_is_sent() {
    let stub = Stub::playing(Play::Answer(200, "", b"{}".to_vec())).await;
    let script = stub.folder().join("plugin.sh");
    let over = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(60);
    let good =
        format!(r#"echo '{{"status":{{"token":"planted-1","expirationTimestamp":"{over}"}}}}'"#);
    std::fs::write(&script, good).unwrap();
    let wire = stub.wire_as(&format!(
        "{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, args: ['{}'], interactiveMode: Never}}}}",
        script.display()
    ));
    wire.cluster().await.unwrap();
    std::fs::write(
        &script,
        "echo planted-2; echo the session is over >&2; exit 1",
    )
    .unwrap();
    let reply = wire.send(&patch(), false).await;
    let Reply::NotSent(fault) = reply else {
        panic!("{reply:?}");
    };
    assert_eq!(fault.kind, FaultKind::Denied);
    assert!(told(&fault).contains("the session is over"), "{fault:?}");
    assert!(stub.writes().is_empty());
}

#[tokio::test]
async fn credentials_that_are_refused_are_renewed_for_reading_and_before_the_next_write() {
    let stub = Stub::start(|got, _| match got.headers["authorization"].as_str() {
        "Bearer two" if got.is_write() => Play::Answer(200, "", b"{}".to_vec()),
        "Bearer two" => ordinary(got),
        "Bearer one" if !got.is_write() && got.target.contains("kube-system") => ordinary(got),
        _ => Play::Answer(401, "", refusal(401, "Unauthorized")),
    })
    .await;
    let file = stub.folder().join("credential");
    let token = |token: &str| format!(r#"{{"status":{{"token":"{token}"}}}}"#);
    std::fs::write(&file, token("one")).unwrap();
    let user = format!(
        "{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: cat, args: ['{}'], interactiveMode: Never}}}}",
        file.display()
    );
    let wire = stub.wire_as(&user);
    wire.cluster().await.unwrap();
    std::fs::write(&file, token("two")).unwrap();
    // the write was not executed, and is not repeated
    let reply = wire.send(&patch(), false).await;
    assert!(
        matches!(reply, Reply::Answered { status: 401, .. }),
        "{reply:?}"
    );
    assert_eq!(stub.writes().len(), 1);
    let reply = wire.send(&patch(), false).await;
    assert!(
        matches!(reply, Reply::Answered { status: 200, .. }),
        "{reply:?}"
    );
    assert_eq!(stub.writes().len(), 2);

    std::fs::write(&file, token("one")).unwrap();
    let other = stub.wire_as(&user);
    other.cluster().await.unwrap();
    std::fs::write(&file, token("two")).unwrap();
    assert_eq!(&*other.operator().await.cluster_user, "ann@example.com");
}

#[tokio::test]
async fn a_read_is_never_repeated_and_its_refusal_is_told() {
    for (status, kind) in [
        (403, FaultKind::Denied),
        (404, FaultKind::Gone),
        (429, FaultKind::Busy),
        (503, FaultKind::Busy),
    ] {
        let stub = Stub::start(move |got, _| {
            if got.target.contains("pods") {
                Play::Answer(status, "retry-after: 1\r\n", refusal(status, "not now"))
            } else {
                ordinary(got)
            }
        })
        .await;
        let wire = stub.wire();
        let fault = wire.read("/api/v1/namespaces/ml/pods/p", "get pod p").await;
        let fault = fault.unwrap_err();
        assert_eq!(fault.kind, kind);
        assert!(told(&fault).contains("not now"), "{fault:?}");
        let asked = stub.got();
        assert_eq!(
            asked.iter().filter(|g| g.target.contains("pods")).count(),
            1
        );
    }
}

/// A proxy that opens tunnels, or refuses to; what it was asked for.
async fn proxy(opens: bool) -> (std::net::SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = asked.clone();
    tokio::spawn(async move {
        loop {
            let (mut near, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(near.read_u8().await.unwrap());
            }
            let head = String::from_utf8(head).unwrap();
            seen.lock().unwrap().push(head.clone());
            if !opens {
                let refusal =
                    b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";
                near.write_all(refusal).await.unwrap();
                continue;
            }
            let to = head.split(' ').nth(1).unwrap().to_owned();
            near.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
            tokio::spawn(async move {
                let mut far = TcpStream::connect(to).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            });
        }
    });
    (addr, asked)
}

#[tokio::test]
async fn a_write_goes_by_the_proxy_of_the_kubeconfig() {
    let stub = Stub::playing(Play::Answer(200, "", b"{}".to_vec())).await;
    for opens in [true, false] {
        let (addr, asked) = proxy(opens).await;
        let path = stub.folder().join("proxied");
        let direct = format!("{{server: 'http://{}'}}", stub.addr);
        let proxied = format!(
            "{{server: 'http://{}', proxy-url: 'http://me:planted%40@{addr}'}}",
            stub.addr
        );
        let text = stub.kubeconfig("{token: planted-secret-token}");
        assert!(text.contains(&direct));
        std::fs::write(&path, text.replace(&direct, &proxied)).unwrap();
        let reply = wire(&path).send(&patch(), false).await;
        let asked = asked.lock().unwrap().clone();
        assert!(
            asked
                .iter()
                .all(|head| head.starts_with(&format!("CONNECT {} ", stub.addr))),
            "{asked:?}"
        );
        // me:planted@
        assert!(
            asked
                .iter()
                .all(|head| head.contains("Basic bWU6cGxhbnRlZEA=")),
            "{asked:?}"
        );
        match reply {
            Reply::Answered { status, .. } => assert!(opens && status == 200),
            Reply::NotSent(fault) => {
                assert!(!opens, "{fault:?}");
                told(&fault);
            }
            Reply::Lost(fault) => panic!("{fault:?}"),
        }
        assert_eq!(stub.writes().len(), 1);
    }
}
