//! The demo, on real parts.

use crate::parts::Parts;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_is_green_on_real_parts() {
    let parts = Parts::start().await;
    parts.migrate();
    let mails = parts.mails();
    let demo = ["demo", "--on-parts", "--mails", &mails, "--log", "demo.log"];
    let played = parts.run(&demo, &parts.settings());
    let told = String::from_utf8_lossy(&played.stdout);
    assert!(played.status.success(), "{told}\n{}", String::from_utf8_lossy(&played.stderr));
    assert!(told.contains("Database: PostgreSQL; Users: Keycloak"), "{told}");
    assert!(told.contains("all adds up: 27 steps"), "{told}");
}
