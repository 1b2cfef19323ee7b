use super::tables::{put, those};
use super::tx::{MemoryTx, page_of};
use async_trait::async_trait;
use course_seats_application::ports::store::{Institutions, Listed, Page, StoreError};
use course_seats_domain::ids::InstitutionId;
use course_seats_domain::institution::Institution;
use course_seats_domain::values::fold;

impl MemoryTx {
    fn name_is_free(&mut self, institution: &Institution) -> Result<(), StoreError> {
        let same = |other: &Institution| {
            other.id != institution.id && other.name.as_str() == institution.name.as_str()
        };
        match self.tables.institutions.values().any(|other| same(other)) {
            true => self.taken("institution name"),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl Institutions for MemoryTx {
    async fn insert_institution(&mut self, institution: &Institution) -> Result<(), StoreError> {
        self.statement().await?;
        if self.tables.institutions.contains_key(&institution.id) {
            return self.taken("institution");
        }
        self.name_is_free(institution)?;
        put(&mut self.tables.institutions, institution.id, institution.clone());
        Ok(())
    }

    async fn update_institution(&mut self, institution: &Institution) -> Result<(), StoreError> {
        self.statement().await?;
        self.name_is_free(institution)?;
        put(&mut self.tables.institutions, institution.id, institution.clone());
        Ok(())
    }

    async fn institution(&mut self, id: InstitutionId) -> Result<Option<Institution>, StoreError> {
        self.statement().await?;
        Ok(self.tables.institutions.get(&id).map(|row| Institution::clone(row)))
    }

    async fn institution_named(&mut self, name: &str) -> Result<Option<Institution>, StoreError> {
        self.statement().await?;
        Ok(those(&self.tables.institutions, |row| row.name.as_str() == name).pop())
    }

    async fn search_institutions(
        &mut self,
        text: Option<&str>,
        page: Option<Page>,
    ) -> Result<Listed<Institution>, StoreError> {
        self.statement().await?;
        let part = text.map(fold).unwrap_or_default();
        let mut found =
            those(&self.tables.institutions, |row| fold(row.name.as_str()).contains(&part));
        found.sort_by(|a, b| (a.name.as_str(), a.id).cmp(&(b.name.as_str(), b.id)));
        Ok(page_of(found, page))
    }
}
