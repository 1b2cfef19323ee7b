//! A PostgreSQL server for tests: a real one, from Debian's package, started by the test process
//! for itself alone. It lives in a temporary folder, listens on a socket there and on a loopback
//! port, and goes when the process that started it ends, however that happens.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use tokio::sync::OnceCell;

/// What a shell does as the user whom the server runs as: it obeys one word a line. When nobody
/// holds its input any more, the test process is gone: it stops the server and tidies up.
const KEEPER: &str = r#"
set -eu
trap '' INT TERM HUP
umask 077
cd /tmp
bin=$1
# In memory where there is room: each test gets a copy of a database. `durable`: on a disk, and what
# is committed is there, as where a service really runs.
room=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
place=/tmp
quick='fsync = off
synchronous_commit = off
full_page_writes = off'
if [ "$2" = durable ]; then
    place=/var/tmp
    quick=
elif [ "${room:-0}" -gt 4000000 ] && [ -w /dev/shm ]; then place=/dev/shm; fi
folder=$(mktemp -d "$place/course-seats-pg.XXXXXX")
data=$folder/data
echo seats >"$folder/password"
if ! "$bin/initdb" -D "$data" -U postgres --pwfile="$folder/password" --auth-local=trust \
    --auth-host=scram-sha-256 -E UTF8 --locale=C --no-sync >"$folder/initdb.log" 2>&1; then
    cat "$folder/initdb.log" >&2
    rm -rf "$folder"
    exit 1
fi
cat >>"$data/postgresql.conf" <<END
listen_addresses = '127.0.0.1'
unix_socket_directories = '$folder'
$quick
max_connections = 300
timezone = 'Europe/Zurich'
END
echo "$folder"
while read -r word port; do
    case $word in
        start) "$bin/pg_ctl" -D "$data" -w -s -l "$folder/log" -o "-p $port" start ;;
        stop) "$bin/pg_ctl" -D "$data" -w -s -m fast stop ;;
        crash) "$bin/pg_ctl" -D "$data" -w -s -m immediate stop ;;
    esac </dev/null >/dev/null 2>&1 && echo done || echo failed
done
"$bin/pg_ctl" -D "$data" -w -s -m immediate stop >/dev/null 2>&1 || true
rm -rf "$folder"
"#;

/// The folder of the newest PostgreSQL's programs.
fn programs() -> PathBuf {
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version = entry.file_name().to_str()?.parse().ok()?;
            let bin = entry.path().join("bin");
            bin.join("initdb").exists().then_some((version, bin))
        })
        .collect();
    versions.sort();
    let newest = versions.pop();
    assert!(
        newest.is_some(),
        "PostgreSQL is missing: no /usr/lib/postgresql/*/bin/initdb. Run scripts/install-postgresql"
    );
    newest.unwrap().1
}

/// Whether this process is root, as whom PostgreSQL refuses to run.
fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.trim_ascii() == b"0"
}

/// A server. Dropping it stops it.
pub struct Server {
    keeper: Mutex<Option<Keeper>>,
    folder: PathBuf,
    programs: PathBuf,
    port: u16,
}

struct Keeper {
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Keeper {
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    fn obeys(&mut self, order: &str) -> bool {
        writeln!(self.orders, "{order}").unwrap();
        self.line() == "done"
    }
}

impl Server {
    /// Makes and starts a server that is quick and would lose everything in a power cut.
    ///
    /// # Panics
    /// If PostgreSQL is not installed, or does not start.
    #[must_use]
    pub fn start() -> Self {
        Self::start_as("quick")
    }

    /// Makes and starts one that keeps what is committed, as PostgreSQL does by default: to measure.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    #[must_use]
    pub fn start_durable() -> Self {
        Self::start_as("durable")
    }

    fn start_as(kind: &str) -> Self {
        let programs = programs();
        let mut shell = if is_root() {
            let mut runuser = Command::new("runuser");
            runuser.args(["-u", "postgres", "--", "sh"]);
            runuser
        } else {
            Command::new("sh")
        };
        let mut process = shell
            .args(["-c", KEEPER, "keeper"])
            .arg(&programs)
            .arg(kind)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let orders = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        let mut keeper = Keeper { process, orders, answers };
        let folder = PathBuf::from(keeper.line());
        assert!(folder.is_absolute(), "initdb failed, see above");
        // Somebody may take the port between the look and the start.
        let port = (0..5).find_map(|_| {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            keeper.obeys(&format!("start {port}")).then_some(port)
        });
        let log = || std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        assert!(port.is_some(), "PostgreSQL does not start:\n{}", log());
        let port = port.unwrap();
        Self { keeper: Mutex::new(Some(keeper)), folder, programs, port }
    }

    fn order(&self, order: &str) {
        let mut keeper = self.keeper.lock().unwrap();
        let obeyed = keeper.as_mut().unwrap().obeys(order);
        assert!(obeyed, "the server did not {order}:\n{}", self.log());
    }

    /// Stops it as an operator does: connections are closed.
    pub fn stop(&self) {
        self.order("stop");
    }

    /// Stops it as a power cut does.
    pub fn crash(&self) {
        self.order("crash");
    }

    /// Starts it again, at the same place.
    pub fn start_again(&self) {
        self.order(&format!("start {}", self.port));
    }

    /// The address of one of its databases, over TCP.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgresql://postgres:seats@127.0.0.1:{}/{database}", self.port)
    }

    /// The folder that its files are in; its socket too.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its port on the loopback address.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it has logged.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// Runs SQL as superuser; the answer is a row a line, columns parted by `|`.
    ///
    /// # Panics
    /// If it fails.
    pub fn psql(&self, database: &str, sql: &str) -> String {
        let mut psql = Command::new(self.programs.join("psql"))
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-h"])
            .arg(&self.folder)
            .args(["-p", &self.port.to_string(), "-d", database])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        psql.stdin.take().unwrap().write_all(sql.as_bytes()).unwrap();
        let done = psql.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "psql: {said}");
        String::from_utf8(done.stdout).unwrap().trim_end().to_owned()
    }

    /// An empty database, or a copy of `template`, to which nobody may be connected.
    pub fn create(&self, template: Option<&str>) -> Database<'_> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let template = template.unwrap_or("template0");
        self.psql("postgres", &format!("CREATE DATABASE {name} TEMPLATE {template}"));
        Database { server: self, name }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(Keeper { mut process, orders, answers }) = self.keeper.lock().unwrap().take() {
            drop(orders);
            drop(answers);
            let _ = process.wait();
        }
    }
}

/// A database of a test's own. Dropping it drops it.
pub struct Database<'s> {
    server: &'s Server,
    name: String,
}

impl Database<'_> {
    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url(&self.name)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its server.
    #[must_use]
    pub fn server(&self) -> &Server {
        self.server
    }

    /// Runs SQL on it, as [`Server::psql`].
    pub fn psql(&self, sql: &str) -> String {
        self.server.psql(&self.name, sql)
    }
}

impl Drop for Database<'_> {
    fn drop(&mut self) {
        // A test that has failed, or has stopped its server, need not hear of more.
        if !std::thread::panicking() {
            let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
            self.server.psql("postgres", &sql);
        }
    }
}

/// The one server of this test process, started when it is first asked for.
pub fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(Server::start)
}

/// A new database on [`server`], as `prepare` leaves one whose address it is given. It is called
/// once in a test process: each test gets a copy.
pub async fn prepared<F>(prepare: impl FnOnce(String) -> F) -> Database<'static>
where
    F: Future<Output = ()>,
{
    static TEMPLATE: OnceCell<()> = OnceCell::const_new();
    let server = server();
    let make = || async {
        server.psql("postgres", "CREATE DATABASE prepared TEMPLATE template0");
        prepare(server.url("prepared")).await;
        // A database that somebody is connected to cannot be copied.
        server.psql(
            "postgres",
            "ALTER DATABASE prepared ALLOW_CONNECTIONS false;
             SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
             WHERE datname = 'prepared'",
        );
    };
    TEMPLATE.get_or_init(make).await;
    server.create(Some("prepared"))
}
