/// A group's path as we write it. A server that was told to escape the slashes in names shows
/// `/vlab~/{id}~/admin` for what others show as `/vlab/{id}/admin`.
pub(crate) fn plain(path: &str) -> String {
    path.replace("~/", "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_become_the_plain_one() {
        assert_eq!(plain("/vlab/1/admin"), "/vlab/1/admin");
        assert_eq!(plain("/vlab~/1~/admin"), "/vlab/1/admin");
        assert_eq!(plain("/a~b"), "/a~b");
    }
}
