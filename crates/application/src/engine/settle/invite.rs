use super::SettleError;
use crate::engine::run::Run;
use crate::ports::Tx;
use course_seats_domain::plans::AcceptInvite;
use serde_json::json;

impl Run {
    pub(super) async fn settle_invite(
        &self,
        tx: &mut dyn Tx,
        accept: &AcceptInvite,
    ) -> Result<(), SettleError> {
        let Some(mut invite) = tx.invite(accept.invite).await? else {
            return Err(SettleError::refused("the invite is gone"));
        };
        if invite.accepted {
            return Err(SettleError::refused("the invite was accepted before"));
        }
        invite.accepted = true;
        invite.user = Some(accept.user);
        invite.updated_at = self.app.now();
        tx.update_invite(&invite).await?;
        let detail = json!({ "lab": accept.lab, "role": accept.role });
        tx.audit(&self.app.audit(&accept.user.to_string(), "accept_invite", accept.invite, detail))
            .await?;
        Ok(())
    }
}
