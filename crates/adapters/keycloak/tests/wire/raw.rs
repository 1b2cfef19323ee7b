//! A server that says bytes and hangs up: what no decent HTTP server does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

pub struct RawServer {
    pub uri: String,
    /// How many calls it got, but for those for a token.
    pub calls: Arc<AtomicUsize>,
    tasks: JoinSet<()>,
}

impl RawServer {
    /// Nobody listens any more.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

/// Grants service tokens, and says this to everything else before it hangs up.
pub async fn saying(bytes: &'static str) -> RawServer {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}", listener.local_addr().unwrap());
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            serve(stream, bytes, &counted).await;
        }
    });
    RawServer { uri, calls, tasks }
}

async fn serve(mut stream: TcpStream, bytes: &str, calls: &AtomicUsize) {
    let mut seen = Vec::new();
    let mut chunk = [0; 4096];
    // The head is enough; what follows is small and comes along.
    while !seen.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return,
            Ok(length) => seen.extend_from_slice(&chunk[..length]),
        }
    }
    let token = r#"{"access_token":"service","expires_in":300}"#;
    let granted = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{token}",
        token.len()
    );
    let answer = if String::from_utf8_lossy(&seen).starts_with("POST /realms/") {
        &granted
    } else {
        calls.fetch_add(1, Ordering::SeqCst);
        bytes
    };
    stream.write_all(answer.as_bytes()).await.ok();
}
