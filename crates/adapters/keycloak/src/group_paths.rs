//! The paths of groups, as Keycloak shows them.

use serde::Deserializer;
use serde::de::{SeqAccess, Visitor};
use std::collections::HashSet;
use std::fmt;

/// A group's path as we write it. A server that was told to escape the slashes in names shows
/// `/vlab~/{id}~/admin` for what others show as `/vlab/{id}/admin`.
pub(crate) fn plain(path: &str) -> String {
    path.replace("~/", "/")
}

/// Reads the paths of somebody's groups, but for those of projects: nobody asks a caller for them, and
/// who owns all course labs is in one of every student's project, so they are not kept.
pub(crate) fn of_caller<'de, D>(deserializer: D) -> Result<HashSet<String>, D::Error>
where
    D: Deserializer<'de>,
{
    struct Paths;
    impl<'de> Visitor<'de> for Paths {
        type Value = HashSet<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of paths")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut paths: A) -> Result<Self::Value, A::Error> {
            let mut kept = HashSet::new();
            while let Some(path) = paths.next_element::<String>()? {
                let path = plain(&path);
                if !path.starts_with("/proj/") {
                    kept.insert(path);
                }
            }
            Ok(kept)
        }
    }
    deserializer.deserialize_seq(Paths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_forms_become_the_plain_one() {
        assert_eq!(plain("/vlab/1/admin"), "/vlab/1/admin");
        assert_eq!(plain("/vlab~/1~/admin"), "/vlab/1/admin");
        assert_eq!(plain("/a~b"), "/a~b");
    }

    #[test]
    fn groups_of_projects_are_read_over() {
        let paths = json!(["/vlab/1/admin", "/proj/1/2/admin", "/proj~/1~/3~/admin", "/projects"]);
        let kept = of_caller(&paths).unwrap();
        assert_eq!(kept, ["/vlab/1/admin", "/projects"].map(ToOwned::to_owned).into());
        assert!(of_caller(&json!("/vlab/1/admin")).is_err());
        assert!(of_caller(&json!([7])).is_err());
    }
}
