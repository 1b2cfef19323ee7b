use crate::answer::{Balance, Depleted, Done, Opened};
use crate::settings::{AccountingSettings, AccountingSetupError};
use crate::token::TokenSource;
use crate::wire::{Call, Wire};
use async_trait::async_trait;
use course_seats_application::ports::{Accounting, Clock, Lease, PortError};
use course_seats_domain::ids::{LabId, ProjectId};
use course_seats_domain::values::Credits;
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

/// The client of the accounting service.
pub struct AccountingClient {
    wire: Wire,
}

impl AccountingClient {
    /// A client of the service at this address. Nothing is sent yet.
    ///
    /// # Errors
    /// If the address is none.
    pub fn new(
        settings: AccountingSettings,
        tokens: Arc<dyn TokenSource>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, AccountingSetupError> {
        Ok(Self { wire: Wire::new(settings, tokens, clock)? })
    }

    /// Whether the service is there and takes our token: asks for an account that nobody has.
    ///
    /// # Errors
    /// Why not.
    pub async fn ready(&self) -> Result<(), PortError> {
        match self.project_balance(ProjectId::new(Uuid::nil())).await {
            Ok(_) | Err(PortError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn open(
        &self,
        path: &str,
        id: Uuid,
        body: Value,
        lease: &Lease,
    ) -> Result<(), PortError> {
        let opened: Opened = self.wire.call(Call::write(path, body, lease)).await?;
        match opened.id == id {
            true => Ok(()),
            false => Err(PortError::Unknown("the answer names another account".into())),
        }
    }

    async fn balance(&self, path: String) -> Result<Credits, PortError> {
        let answer: Balance = self.wire.call(Call::read(path)).await?;
        Ok(answer.balance.0)
    }

    async fn deplete(&self, path: &str, body: Value, lease: &Lease) -> Result<Credits, PortError> {
        let answer: Depleted = self.wire.call(Call::write(path, body, lease)).await?;
        Ok(answer.total_amount.0)
    }
}

#[async_trait]
impl Accounting for AccountingClient {
    async fn open_lab(&self, lab: LabId, name: &str, lease: &Lease) -> Result<(), PortError> {
        let body = json!({ "id": lab, "name": name, "balance": "0" });
        self.open("/account/virtual-lab", lab.uuid(), body, lease).await
    }

    async fn open_project(
        &self,
        project: ProjectId,
        lab: LabId,
        name: &str,
        lease: &Lease,
    ) -> Result<(), PortError> {
        let body = json!({ "id": project, "name": name, "vlab_id": lab });
        self.open("/account/project", project.uuid(), body, lease).await
    }

    async fn grant(
        &self,
        project: ProjectId,
        amount: Credits,
        lease: &Lease,
    ) -> Result<(), PortError> {
        // As text: a JSON number may be read as a float on the other side.
        let body = json!({ "proj_id": project, "amount": amount.to_string() });
        let Done = self.wire.call(Call::write("/budget/grant", body, lease)).await?;
        Ok(())
    }

    async fn project_balance(&self, project: ProjectId) -> Result<Credits, PortError> {
        self.balance(format!("/balance/project/{project}")).await
    }

    async fn lab_balance(&self, lab: LabId) -> Result<Credits, PortError> {
        self.balance(format!("/balance/virtual-lab/{lab}")).await
    }

    async fn deplete_project(
        &self,
        project: ProjectId,
        lease: &Lease,
    ) -> Result<Credits, PortError> {
        self.deplete("/budget/deplete/project", json!({ "proj_id": project }), lease).await
    }

    async fn deplete_lab(&self, lab: LabId, lease: &Lease) -> Result<Credits, PortError> {
        self.deplete("/budget/deplete/virtual-lab", json!({ "vlab_id": lab }), lease).await
    }
}
