//! Accounts: people who sign in.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Db, DbError};
use crate::accounts::AccountRole;

/// A person who can sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// ULID.
    pub id: String,
    /// What is typed to sign in.
    pub name: String,
    /// What others see.
    pub display_name: String,
    /// Office in the district.
    pub role: AccountRole,
    /// Id of the school, for everybody who belongs to one.
    pub school: Option<String>,
    /// Name of that school.
    pub school_name: Option<String>,
}

/// A new account as it is stored.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// ULID.
    pub id: String,
    /// Sign-in name, normalised by [`crate::accounts::names`].
    pub name: String,
    /// Display name, normalised.
    pub display_name: String,
    /// Office.
    pub role: AccountRole,
    /// School id.
    pub school: Option<String>,
    /// PHC string.
    pub password_hash: String,
}

impl Account {
    pub(super) fn from_row(row: &SqliteRow) -> Result<Self, DbError> {
        let role: String = row.get("role");
        Ok(Self {
            id: row.get("account_id"),
            name: row.get("account_name"),
            display_name: row.get("display_name"),
            role: AccountRole::from_text(&role).ok_or(DbError::Value { column: "accounts.role" })?,
            school: row.get("school"),
            school_name: row.get("school_name"),
        })
    }
}

impl Db {
    /// Adds an account.
    ///
    /// # Errors
    /// [`DbError::Taken`] if the sign-in name exists.
    pub async fn add_account(&self, account: &NewAccount, now_ms: i64) -> Result<(), DbError> {
        sqlx::query(
            "insert into accounts (id, name, display_name, role, school, password_hash, created_ms)
             values ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&account.id)
        .bind(&account.name)
        .bind(&account.display_name)
        .bind(account.role.as_str())
        .bind(&account.school)
        .bind(&account.password_hash)
        .bind(now_ms)
        .execute(&self.write)
        .await
        .map_err(DbError::from_insert)?;
        Ok(())
    }

    /// Adds the first administrator. `Ok(false)` if there is one already, decided in the same statement.
    ///
    /// # Errors
    /// [`DbError::Taken`] if the sign-in name exists.
    pub async fn add_first_administrator(&self, account: &NewAccount, now_ms: i64) -> Result<bool, DbError> {
        let done = sqlx::query(
            "insert into accounts (id, name, display_name, role, school, password_hash, created_ms)
             select $1, $2, $3, 'administrator', null, $4, $5
             where not exists (select 1 from accounts where role = 'administrator')",
        )
        .bind(&account.id)
        .bind(&account.name)
        .bind(&account.display_name)
        .bind(&account.password_hash)
        .bind(now_ms)
        .execute(&self.write)
        .await
        .map_err(DbError::from_insert)?;
        Ok(done.rows_affected() == 1)
    }

    /// The account of that sign-in name and its password hash.
    ///
    /// # Errors
    /// The database fails.
    pub async fn account_for_sign_in(&self, name: &str) -> Result<Option<(Account, String)>, DbError> {
        let row = sqlx::query(
            "select a.id as account_id, a.name as account_name, a.display_name, a.role, a.school,
                    s.name as school_name, a.password_hash
             from accounts a left join schools s on s.id = a.school where a.name = $1",
        )
        .bind(name)
        .fetch_optional(&self.read)
        .await?;
        row.map(|row| Ok((Account::from_row(&row)?, row.get("password_hash")))).transpose()
    }

    /// The account of that id.
    ///
    /// # Errors
    /// The database fails.
    pub async fn account(&self, id: &str) -> Result<Option<Account>, DbError> {
        let row = sqlx::query(
            "select a.id as account_id, a.name as account_name, a.display_name, a.role, a.school,
                    s.name as school_name
             from accounts a left join schools s on s.id = a.school where a.id = $1",
        )
        .bind(id)
        .fetch_optional(&self.read)
        .await?;
        row.as_ref().map(Account::from_row).transpose()
    }

    /// Everybody, by sign-in name.
    ///
    /// # Errors
    /// The database fails.
    pub async fn accounts(&self) -> Result<Vec<Account>, DbError> {
        let rows = sqlx::query(
            "select a.id as account_id, a.name as account_name, a.display_name, a.role, a.school,
                    s.name as school_name
             from accounts a left join schools s on s.id = a.school order by a.name",
        )
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(Account::from_row).collect()
    }

    /// Sets a password hash and ends every session and lesson token of the account. `false` if there is no such name.
    ///
    /// # Errors
    /// The database fails.
    pub async fn set_password(&self, name: &str, password_hash: &str) -> Result<bool, DbError> {
        let mut transaction = self.write.begin().await?;
        let done = sqlx::query("update accounts set password_hash = $1 where name = $2")
            .bind(password_hash)
            .bind(name)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("delete from tokens where account in (select id from accounts where name = $1)")
            .bind(name)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Whether an administrator exists.
    ///
    /// # Errors
    /// The database fails.
    pub async fn has_administrator(&self) -> Result<bool, DbError> {
        let row = sqlx::query("select 1 from accounts where role = 'administrator' limit 1")
            .fetch_optional(&self.read)
            .await?;
        Ok(row.is_some())
    }
}
