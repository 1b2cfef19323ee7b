//! What a start says to whoever started it.

use crate::config::Config;
use crate::seed::{Example, LAB_NAME};
use crate::server::Running;

/// Where everything is, and how to get a token.
#[must_use]
pub fn text(running: &Running, config: &Config) -> String {
    let url = &running.url;
    let folder = config.data_dir.display();
    let example = match running.example {
        Example::Made => format!(
            "\n  Example       \"{LAB_NAME}\": faculty is its admin, it has a course with 5 seats\n"
        ),
        Example::OnItsWay => format!(
            "\n  Example       \"{LAB_NAME}\" is still being made; it is there in a minute\n"
        ),
        Example::LeftAlone => String::new(),
    };
    format!(
        "
Course Seats is running, with everything embedded (database, identity provider, accounting, mail).

  Service       {url}
  API docs      {url}/docs/
  Mailbox       {url}/sandbox/mailbox
  Accounts      {url}/sandbox/accounts.json
  Groups        {url}/sandbox/groups.json
  Data folder   {folder}
{example}
  Users         obi-virtual-lab (owns course labs), service-admin, faculty, student-1 … student-9
  Password      sandbox

  A token:

    TOKEN=$(curl -s {url}/sandbox/realms/obp-realm/protocol/openid-connect/token \\
      -d grant_type=password -d client_id=obpapp -d username=service-admin -d password=sandbox \\
      | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')
    curl -s -H \"Authorization: Bearer $TOKEN\" '{url}/courses?vlab_name=example'

Stop with Ctrl-C.
"
    )
}
