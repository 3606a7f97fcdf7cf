//! Scripted trouble, and the server over a socket.

use crate::world::{MAP, MAPS, map, world};
use fake_apiserver::{Fault, Harm, Verb};
use http::Request;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Api, Client, Config, client::Body};
use std::time::Duration;

#[tokio::test]
async fn a_refusal_says_when_to_come_again_and_nothing_is_done() {
    let world = world();
    let fault = Fault::new(Harm::retry_after(429, 60)).on(Verb::Create, "configmaps").times(1);
    world.server.faults(|faults| faults.add(fault));
    let request = Request::post(MAPS).body(Body::from(map("m").to_string().into_bytes())).unwrap();
    let response = world.raw(request).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["retry-after"]),
        (429, &"60".parse().unwrap())
    );
    assert_eq!(world.get(MAP).await.reason(), (404, "NotFound"));
    assert_eq!(world.post(MAPS, &map("m")).await.code, 201);
}

#[tokio::test]
async fn what_is_done_may_look_as_if_it_were_not() {
    let world = world();
    world.server.faults(|faults| faults.add(Fault::new(Harm::DoneBut { code: 504 }).writes().times(1)));
    assert_eq!(world.post(MAPS, &map("m")).await.reason(), (504, "Timeout"));
    assert_eq!(world.get(MAP).await.code, 200);
    assert!(world.server.audit(|audit| audit.commits().any(|entry| entry.code == 504)));
}

#[tokio::test]
async fn a_connection_breaks_before_or_after_the_deed() {
    for (harm, code) in [(Harm::Cut, 404), (Harm::DoneAndCut, 200)] {
        let world = world();
        world.server.faults(|faults| faults.add(Fault::new(harm).writes().times(1)));
        let request = Request::post(MAPS).body(Body::from(map("m").to_string().into_bytes())).unwrap();
        assert!(world.client.send(request).await.is_err());
        assert_eq!(world.get(MAP).await.code, code);
    }
}

#[tokio::test]
async fn who_dies_is_told_of_and_never_answered() {
    for (harm, code) in [(Harm::DieBefore, 404), (Harm::DieAfter, 200)] {
        let world = world();
        world.server.faults(|faults| faults.add(Fault::new(harm).writes().times(1)));
        let death = world.server.death();
        let body = map("m");
        tokio::select! {
            () = death => {}
            answer = world.post(MAPS, &body) => panic!("{answer:?}"),
        }
        assert_eq!(world.get(MAP).await.code, code);
    }
}

#[tokio::test]
async fn rules_are_met_by_place_user_count_and_turn() {
    let world = world();
    let fault = Fault::new(Harm::status(500)).verbs(&[Verb::Get]).namespace("a").name("m").user("tester");
    world.server.faults(|faults| faults.add(fault.skip(1).every(2).times(2)));
    let mut codes = Vec::new();
    for _ in 0..8 {
        codes.push(world.get(MAP).await.code.as_u16());
    }
    assert_eq!(codes, [404, 404, 500, 404, 500, 404, 404, 404]);
}

#[tokio::test]
async fn a_judge_decides_where_no_rule_does() {
    let world = world();
    world.server.faults(|faults| {
        faults.judge(Box::new(|call| (call.name == "m").then(|| Harm::status(503))));
    });
    assert_eq!(world.get(MAP).await.reason(), (503, "ServiceUnavailable"));
    world.server.faults(fake_apiserver::Faults::clear);
    assert_eq!(world.get(MAP).await.code, 404);
}

#[tokio::test(start_paused = true)]
async fn a_slow_call_is_done_in_the_end() {
    let world = world();
    world.server.faults(|faults| faults.add(Fault::new(Harm::Delay(Duration::from_secs(5)))));
    let before = tokio::time::Instant::now();
    world.post(MAPS, &map("m")).await;
    assert_eq!(before.elapsed().as_secs(), 5);
}

#[tokio::test]
async fn other_processes_reach_it_over_http() {
    let world = world();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = world.server.clone();
    tokio::spawn(async move { server.serve(listener).await });
    let mut config = Config::new(url.parse().unwrap());
    config.auth_info.token = Some("someone".to_owned().into());
    let maps: Api<ConfigMap> = Api::namespaced(Client::try_from(config).unwrap(), "a");
    world.post(MAPS, &map("m")).await;
    assert_eq!(maps.get("m").await.unwrap().data.unwrap()["key"], "1");
    let right = ("someone".to_owned(), "get", "", "configmaps", "");
    assert!(world.server.audit(|audit| audit.rights().contains_key(&right)));
}
