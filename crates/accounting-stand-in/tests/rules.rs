//! The stand-in as its callers see it.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed check panics")]

use accounting_stand_in::{StandIn, StandInConfig};
use reqwest::{Method, Response};
use serde_json::{Value, json};

const LAB: &str = "00000000-0000-0000-0000-000000000001";
const PROJECT: &str = "00000000-0000-0000-0000-000000000002";

struct Caller {
    http: reqwest::Client,
    service: StandIn,
}

impl Caller {
    async fn new() -> Self {
        Self::of(StandInConfig::default()).await
    }

    async fn of(config: StandInConfig) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { http, service: StandIn::start(config).await.unwrap() }
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let url = format!("{}{path}", self.service.base_url());
        let request = self.http.request(method, url).bearer_auth("t");
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        request.send().await.unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        read(self.send(Method::POST, path, Some(body)).await).await
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        read(self.send(Method::GET, path, None).await).await
    }

    async fn opened(self) -> Self {
        let lab = json!({ "id": LAB, "name": "Lab", "balance": "0" });
        assert_eq!(self.post("/account/virtual-lab", lab).await.0, 201);
        let project = json!({ "id": PROJECT, "name": "S1", "vlab_id": LAB });
        assert_eq!(self.post("/account/project", project).await.0, 201);
        self
    }

    async fn funded(self) -> Self {
        let caller = self.opened().await;
        let grant = json!({ "proj_id": PROJECT, "amount": 200 });
        assert_eq!(caller.post("/budget/grant", grant).await.0, 200);
        caller
    }
}

async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_like_the_real_one() {
    let caller = Caller::new().await.funded().await;
    let (status, balance) = caller.get(&format!("/balance/project/{PROJECT}")).await;
    assert_eq!(status, 200);
    let data = json!({ "proj_id": PROJECT, "balance": "200.00", "reservation": "0.00" });
    assert_eq!(balance["data"], data);
    let (_, lab) = caller.get(&format!("/balance/virtual-lab/{LAB}?include_projects=true")).await;
    assert_eq!(lab["data"], json!({ "vlab_id": LAB, "balance": "0.00", "projects": [data] }));
    let (_, lab) = caller.get(&format!("/balance/virtual-lab/{LAB}")).await;
    assert_eq!(lab["data"], json!({ "vlab_id": LAB, "balance": "0.00" }));
    let taken = caller.post("/budget/deplete/project", json!({ "proj_id": PROJECT })).await;
    assert_eq!(taken.1["data"], json!({ "total_amount": "200.00" }));
    let taken = caller.post("/budget/deplete/virtual-lab", json!({ "vlab_id": LAB })).await;
    assert_eq!(taken, (200, taken.1.clone()));
    assert_eq!(taken.1["data"], json!({ "total_amount": "0.00" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn credits_move_between_a_lab_and_its_project() {
    let caller = Caller::new().await.opened().await;
    let both = |amount: &str| json!({ "vlab_id": LAB, "proj_id": PROJECT, "amount": amount });
    let (status, refused) = caller.post("/budget/assign", both("1")).await;
    assert_eq!((status, &refused["error_code"]), (400, &json!("INVALID_REQUEST")));
    let top_up = json!({ "vlab_id": LAB, "amount": "10.5" });
    assert_eq!(caller.post("/budget/top-up", top_up).await.0, 200);
    assert_eq!(caller.post("/budget/assign", both("7.25")).await.0, 200);
    assert_eq!(caller.post("/budget/reverse", both("8")).await.0, 400);
    assert_eq!(caller.post("/budget/reverse", both("2.25")).await.0, 200);
    let accounts = caller.service.accounts();
    assert_eq!(accounts["labs"][0]["balance"], "5.50");
    assert_eq!(accounts["projects"][0]["balance"], "5.00");
    assert_eq!(accounts["system"]["balance"], "-10.50");
    assert_eq!(accounts["sum"], "0.00");
    assert_eq!(accounts["journal"].as_array().unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_like_the_real_one() {
    let caller = Caller::new().await.opened().await;
    let nobody = "00000000-0000-0000-0000-000000000009";
    for (path, body) in [
        ("/budget/grant", json!({ "proj_id": nobody, "amount": 1 })),
        ("/budget/top-up", json!({ "vlab_id": nobody, "amount": 1 })),
        ("/budget/deplete/project", json!({ "proj_id": nobody })),
        ("/budget/deplete/virtual-lab", json!({ "vlab_id": nobody })),
    ] {
        let (status, body) = caller.post(path, body).await;
        assert_eq!((status, &body["error_code"]), (404, &json!("ENTITY_NOT_FOUND")), "{path}");
    }
    assert_eq!(caller.get(&format!("/balance/project/{nobody}")).await.0, 404);
    assert_eq!(caller.get(&format!("/balance/virtual-lab/{nobody}")).await.0, 404);
    for amount in [json!(0), json!("-1"), json!("many"), json!(null)] {
        let grant = json!({ "proj_id": PROJECT, "amount": amount });
        let (status, body) = caller.post("/budget/grant", grant).await;
        assert_eq!((status, &body["error_code"]), (400, &json!("INVALID_REQUEST")), "{amount}");
    }
    let crash = (500, json!("Internal Server Error"));
    let lab = json!({ "id": LAB, "name": "again", "balance": 0 });
    assert_eq!(caller.post("/account/virtual-lab", lab).await, crash);
    let project = json!({ "id": PROJECT, "name": "again", "vlab_id": LAB });
    assert_eq!(caller.post("/account/project", project).await, crash);
    let orphan = json!({ "id": nobody, "name": "S1", "vlab_id": nobody });
    assert_eq!(caller.post("/account/project", orphan).await, crash);
    assert_eq!(caller.get("/nowhere").await.0, 404);
    assert_eq!(caller.get("/health").await.0, 200);
    let url = format!("{}/balance/project/{PROJECT}", caller.service.base_url());
    assert_eq!(caller.http.get(url).send().await.unwrap().status(), 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn is_controlled_over_http() {
    let caller = Caller::new().await.funded().await;
    let job = |amount: &str| json!({ "proj_id": PROJECT, "amount": amount });
    assert_eq!(caller.post("/_control/reserve", job("60")).await.0, 200);
    assert_eq!(caller.post("/_control/spend", job("40")).await.0, 200);
    assert_eq!(caller.post("/_control/spend", job("101")).await.0, 400);
    let taken = caller.post("/budget/deplete/project", json!({ "proj_id": PROJECT })).await.1;
    assert_eq!(taken["data"]["total_amount"], "100.00");
    assert_eq!(caller.post("/_control/release", job("60")).await.0, 200);
    let (_, accounts) = caller.get("/_control/accounts").await;
    assert_eq!(accounts["projects"][0]["balance"], "60.00", "flows back after a deplete");
    assert_eq!(accounts["sum"], "0.00");

    let settings = json!({ "latency_ms": 2, "commit_delay_ms": 60_000 });
    assert_eq!(caller.post("/_control/settings", settings.clone()).await, (200, settings));
    caller.post("/budget/grant", job("1")).await;
    let (_, balance) = caller.get(&format!("/balance/project/{PROJECT}")).await;
    assert_eq!(balance["data"]["balance"], "60.00", "not committed yet");

    let fault = json!({ "operation": "grant", "kind": "error_before", "status": 503, "after": 1 });
    assert_eq!(caller.post("/_control/faults", fault).await.0, 200);
    assert_eq!(caller.post("/budget/grant", job("1")).await.0, 200);
    assert_eq!(caller.post("/budget/grant", job("1")).await.0, 503);
    assert_eq!(caller.post("/budget/grant", job("1")).await.0, 200);
    let any = json!({ "kind": "error_after", "status": 429, "times": 5 });
    assert_eq!(caller.post("/_control/faults", any).await.0, 200);
    assert_eq!(caller.get(&format!("/balance/project/{PROJECT}")).await.0, 200, "no write");
    assert_eq!(caller.post("/budget/grant", job("1")).await.0, 429);
    caller.send(Method::DELETE, "/_control/faults", None).await;
    assert_eq!(caller.get("/_control/faults").await.1, json!({ "faults": [] }));
    assert_eq!(caller.post("/_control/faults", json!({ "kind": "x" })).await.0, 400);
    let (_, calls) = caller.get("/_control/calls").await;
    assert_eq!(calls["calls"]["grant"], 6);
    assert_eq!(calls["gone_wrong"], 2);
}

/// What 100 grants of 1 were answered under this chaos, and what became of them.
async fn granted_under(chaos: &Value) -> (Vec<u16>, Value) {
    let caller = Caller::new().await.opened().await;
    assert_eq!(caller.post("/_control/chaos", chaos.clone()).await.0, 200);
    let mut answers = Vec::new();
    for _ in 0..100 {
        answers
            .push(caller.post("/budget/grant", json!({ "proj_id": PROJECT, "amount": 1 })).await.0);
    }
    caller.send(Method::DELETE, "/_control/chaos", None).await;
    let accounts = caller.service.accounts();
    assert_eq!(accounts["sum"], "0.00");
    (answers, accounts["projects"][0]["balance"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_of_the_calls_goes_wrong_as_the_seed_says() {
    let kinds = ["error_before", "error_after"];
    let chaos = |seed| json!({ "rate": 0.2, "seed": seed, "kinds": kinds, "status": 503 });
    let (answers, balance) = granted_under(&chaos(1)).await;
    let wrong = answers.iter().filter(|status| **status == 503).count();
    assert!((8..=35).contains(&wrong), "{wrong} of 100");
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 100 - wrong);
    let granted: f64 = balance.as_str().unwrap().parse().unwrap();
    assert!(granted > (100 - wrong) as f64 && granted < 100.0, "{granted}, {wrong} wrong");
    assert_eq!(granted_under(&chaos(1)).await, (answers.clone(), balance), "the same seed");
    assert_ne!(granted_under(&chaos(2)).await.0, answers, "another seed");
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_its_books_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("accounts.jsonl");
    let config = StandInConfig { state: Some(path.clone()), ..StandInConfig::default() };
    let caller = Caller::of(config.clone()).await.funded().await;
    let before = caller.service.accounts();
    caller.service.stop().await;
    // A killed process may leave half a line.
    let mut text = std::fs::read_to_string(&path).unwrap();
    text.push_str("{\"change\":\"mo");
    std::fs::write(&path, text).unwrap();
    assert_eq!(Caller::of(config).await.service.accounts(), before);
}
