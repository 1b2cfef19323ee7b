use crate::caller::{Caller, FACULTY, PORT_PAUSE, PORT_TRIES, members, started};
use keycloak_stand_in::{Client, StandInConfig};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

#[tokio::test(flavor = "multi_thread")]
async fn it_keeps_its_realm_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("realm.jsonl");
    let config = StandInConfig { state: Some(path.clone()), ..StandInConfig::default() };
    let (stand_in, caller) = started(config.clone()).await;
    for name in ["a", "b"] {
        assert_eq!(caller.create(name).await, 201);
        assert_eq!(caller.join(FACULTY, &caller.group(name).await).await, 204);
    }
    let group = caller.group("a").await;
    let page = format!("users/{FACULTY}/groups/{group}");
    caller.admin(reqwest::Method::DELETE, &page).send().await.unwrap();
    let people = stand_in.add_people(2).unwrap();
    let mine = Client { client_id: "mine".into(), ..Client::default() };
    stand_in.add_client(mine.clone()).unwrap();
    stand_in.rotate_key().unwrap();
    let session = caller.sign_in("bulk-2").await;
    let (before, bind) = (stand_in.groups(), stand_in.address());
    let expected = [("a", vec![]), ("b", vec!["faculty"])].map(|(name, members)| {
        (name.to_owned(), members.into_iter().map(str::to_owned).collect::<Vec<_>>())
    });
    let others = members(&before).into_iter().filter(|(name, _)| !name.contains('/'));
    assert_eq!(others.collect::<BTreeMap<_, _>>(), BTreeMap::from(expected));
    stand_in.stop().await;

    // A killed process may leave half a line.
    let mut text = std::fs::read_to_string(&path).unwrap();
    text.push_str("{\"change\":\"le");
    std::fs::write(&path, text).unwrap();
    let (again, caller) = started(StandInConfig { bind, ..config }).await;
    assert_eq!(again.groups(), before);
    assert_eq!(caller.userinfo(&session).await.0, 200, "sessions go on");
    assert_eq!(caller.userinfo(&session).await.1["sub"], people[1].id.to_string());
    assert!(again.add_client(mine).is_err(), "it is there");
    assert_eq!(again.add_people(1).unwrap()[0].username, "bulk-3");
}

/// The stand-in as a process, and where it is. As [`started`], it waits for an address that is taken.
fn process(state: &Path, bind: &str) -> (Child, String) {
    for _ in 0..PORT_TRIES {
        let mut child = Command::new(env!("CARGO_BIN_EXE_keycloak-stand-in"))
            .args(["--bind", bind, "--state"])
            .arg(state)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        if !url.is_empty() {
            return (child, url.trim().to_owned());
        }
        child.wait().unwrap();
        std::thread::sleep(PORT_PAUSE);
    }
    panic!("it does not start at {bind}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("realm.jsonl");
    let (mut child, url) = process(&state, "127.0.0.1:0");
    let caller = Caller::of(url.clone()).await;
    assert_eq!(caller.create("vlab/1/admin").await, 201);
    let session = caller.sign_in("student-1").await;
    child.kill().unwrap();
    child.wait().unwrap();
    let (mut child, again) = process(&state, url.strip_prefix("http://").unwrap());
    assert_eq!(again, url);
    assert_eq!(caller.create("vlab/1/admin").await, 409, "with the same token");
    assert_eq!(caller.userinfo(&session).await.0, 200);
    child.kill().unwrap();
    child.wait().unwrap();
}
