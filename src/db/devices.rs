//! Paired screens: devices that were confirmed by a school's staff and may sit at one classroom's place.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Db, DbError};

/// A paired screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// ULID.
    pub id: String,
    /// What whoever confirmed it calls it.
    pub name: String,
    /// Classroom id.
    pub classroom: String,
    /// Class name.
    pub classroom_name: String,
    /// School id.
    pub school: String,
    /// School name.
    pub school_name: String,
    /// Hash of its token.
    pub token_hash: String,
    /// Account id of whoever confirmed it.
    pub paired_by: String,
    /// That person's display name.
    pub paired_by_name: String,
    /// When, UTC ms.
    pub paired_ms: i64,
    /// When it was last heard of, UTC ms; to a few minutes.
    pub last_seen_ms: Option<i64>,
}

/// A screen that is being paired.
#[derive(Clone, Debug)]
pub struct NewDevice {
    /// ULID.
    pub id: String,
    /// Name.
    pub name: String,
    /// Classroom id.
    pub classroom: String,
    /// Hash of its token.
    pub token_hash: String,
    /// Account id of whoever confirms it.
    pub paired_by: String,
}

/// Most paired screens of one classroom.
pub const DEVICES_PER_CLASSROOM: i64 = 16;

const SELECT: &str = "select d.id, d.name, d.classroom, c.name as classroom_name, c.school, s.name as school_name,
            d.token_hash, d.paired_by, a.display_name as paired_by_name, d.paired_ms, d.last_seen_ms
     from devices d join classrooms c on c.id = d.classroom join schools s on s.id = c.school
     join accounts a on a.id = d.paired_by
     where ($1 = '' or d.id = $1) and ($2 = '' or c.school = $2) and ($3 = '' or d.token_hash = $3)
     order by s.name, c.name, d.paired_ms, d.id limit 5000";

fn from_row(row: &SqliteRow) -> Device {
    Device {
        id: row.get("id"),
        name: row.get("name"),
        classroom: row.get("classroom"),
        classroom_name: row.get("classroom_name"),
        school: row.get("school"),
        school_name: row.get("school_name"),
        token_hash: row.get("token_hash"),
        paired_by: row.get("paired_by"),
        paired_by_name: row.get("paired_by_name"),
        paired_ms: row.get("paired_ms"),
        last_seen_ms: row.get("last_seen_ms"),
    }
}

impl Db {
    /// Adds a screen. `false` if the classroom has [`DEVICES_PER_CLASSROOM`] already, decided in the same statement.
    ///
    /// # Errors
    /// The database fails.
    pub async fn add_device(&self, device: &NewDevice, now_ms: i64) -> Result<bool, DbError> {
        let done = sqlx::query(
            "insert into devices (id, classroom, name, token_hash, paired_by, paired_ms)
             select $1, $2, $3, $4, $5, $6 where (select count(*) from devices where classroom = $2) < $7",
        )
        .bind(&device.id)
        .bind(&device.classroom)
        .bind(&device.name)
        .bind(&device.token_hash)
        .bind(&device.paired_by)
        .bind(now_ms)
        .bind(DEVICES_PER_CLASSROOM)
        .execute(&self.write)
        .await
        .map_err(DbError::from_insert)?;
        Ok(done.rows_affected() == 1)
    }

    async fn select_devices(&self, id: &str, school: &str, hash: &str) -> Result<Vec<Device>, DbError> {
        let rows = sqlx::query(SELECT).bind(id).bind(school).bind(hash).fetch_all(&self.read).await?;
        Ok(rows.iter().map(from_row).collect())
    }

    /// The screens of a school, or of the district, by school and class.
    ///
    /// # Errors
    /// The database fails.
    pub async fn devices(&self, school: Option<&str>) -> Result<Vec<Device>, DbError> {
        self.select_devices("", school.unwrap_or(""), "").await
    }

    /// One screen.
    ///
    /// # Errors
    /// The database fails.
    pub async fn device(&self, id: &str) -> Result<Option<Device>, DbError> {
        if id.is_empty() {
            return Ok(None);
        }
        Ok(self.select_devices(id, "", "").await?.pop())
    }

    /// The screen whose token has that hash.
    ///
    /// # Errors
    /// The database fails.
    pub async fn device_with_token(&self, hash: &str) -> Result<Option<Device>, DbError> {
        if hash.is_empty() {
            return Ok(None);
        }
        Ok(self.select_devices("", "", hash).await?.pop())
    }

    /// Notes that a screen was heard of.
    ///
    /// # Errors
    /// The database fails.
    pub async fn touch_device(&self, id: &str, now_ms: i64) -> Result<(), DbError> {
        let update = sqlx::query("update devices set last_seen_ms = $1 where id = $2").bind(now_ms).bind(id);
        update.execute(&self.write).await?;
        Ok(())
    }

    /// Forgets a screen: its token is worth nothing from now on.
    ///
    /// # Errors
    /// The database fails.
    pub async fn remove_device(&self, id: &str) -> Result<(), DbError> {
        sqlx::query("delete from devices where id = $1").bind(id).execute(&self.write).await?;
        Ok(())
    }
}
