//! What a start says to whoever started it.

use crate::config::Config;
use crate::seed::{Example, LAB_NAME};
use crate::server::Running;
use std::fmt::Write;

/// Where everything is, and how to get a token.
#[must_use]
pub fn text(running: &Running, config: &Config) -> String {
    let url = &running.url;
    let sandbox = &running.state().sandbox;
    let mut rows = vec![("Service", url.clone()), ("API docs", format!("{url}/docs/"))];
    let mut page = |there: bool, name, path| {
        if there {
            rows.push((name, format!("{url}/sandbox/{path}")));
        }
    };
    page(sandbox.mailbox.is_some(), "Mailbox", "mailbox");
    page(sandbox.accounting.is_some(), "Accounts", "accounts.json");
    page(sandbox.identity.is_some(), "Groups", "groups.json");
    if config.parts.uses_folder() {
        rows.push(("Data folder", config.data_dir.display().to_string()));
    }
    // Writing into a string cannot fail, here and below.
    let mut text = match config.parts.all_embedded() {
        true => {
            "\nCourse Seats is running, with everything embedded (database, identity provider, \
                 accounting, mail).\n\n"
                .to_owned()
        }
        false => {
            let parts = config.parts_told().map(|(part, what)| format!("{part}: {what}"));
            format!("\nCourse Seats is running. {}.\n\n", parts.join("; "))
        }
    };
    for (name, value) in rows {
        let _ = writeln!(text, "  {name:<13} {value}");
    }
    text.push_str(&example(running.example));
    if sandbox.identity.is_some() {
        text.push_str(&users(url));
    }
    text.push_str("\nStop with Ctrl-C.\n");
    text
}

fn example(example: Example) -> String {
    match example {
        Example::Made => format!(
            "\n  Example       \"{LAB_NAME}\": faculty is its admin, it has a course with 5 seats\n"
        ),
        Example::OnItsWay => format!(
            "\n  Example       \"{LAB_NAME}\" is still being made; it is there in a minute\n"
        ),
        Example::LeftAlone => String::new(),
    }
}

fn users(url: &str) -> String {
    format!(
        "
  Users         obi-virtual-lab (owns course labs), service-admin, faculty, student-1 … student-9
  Password      sandbox

  A token:

    TOKEN=$(curl -s {url}/sandbox/realms/obp-realm/protocol/openid-connect/token \\
      -d grant_type=password -d client_id=obpapp -d username=service-admin -d password=sandbox \\
      | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')
    curl -s -H \"Authorization: Bearer $TOKEN\" '{url}/courses?vlab_name=example'
"
    )
}
