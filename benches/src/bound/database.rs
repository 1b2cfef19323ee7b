//! Plain connections, as many as the service has.

use crate::world::wrong;
use course_seats::demo::{Seen, Wrong};
use deadpool::managed::{Manager, Metrics, Object, Pool, RecycleResult};
use tokio::runtime::Handle;
use tokio_postgres::{Client, NoTls, Statement};

/// Opens connections on which one query is prepared.
pub struct Connector {
    pub url: String,
    pub query: &'static str,
}

/// A connection, and the query.
pub struct Prepared {
    pub client: Client,
    pub query: Statement,
}

/// Connections that are used again.
pub type Connections = Pool<Connector>;

/// One of them.
pub type Lent = Object<Connector>;

impl Manager for Connector {
    type Type = Prepared;
    type Error = Wrong;

    async fn create(&self) -> Seen<Prepared> {
        let client = connect(&self.url).await?;
        let query = client.prepare(self.query).await.map_err(wrong("a query"))?;
        Ok(Prepared { client, query })
    }

    async fn recycle(&self, _: &mut Prepared, _: &Metrics) -> RecycleResult<Wrong> {
        Ok(())
    }
}

/// A pool of connections for one query.
pub fn connections(url: &str, query: &'static str, size: usize) -> Seen<Connections> {
    let connector = Connector { url: url.to_owned(), query };
    Pool::builder(connector).max_size(size).build().map_err(wrong("a pool"))
}

/// One connection.
pub async fn connect(url: &str) -> Seen<Client> {
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.map_err(wrong("the database"))?;
    Handle::current().spawn(connection);
    Ok(client)
}
