//! Rules whose source named our own notes get the source that the notes name, in a version of their own on top of the newest: no version that
//! decided anything ever changes. What a regulator edited stays as edited. What no text settles yet says so (待确认). Rows of platforms' tables
//! that are set aside until they are mended.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, integer, text},
    sea_orm::Statement,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Sources by the id of the rule.
const OF_RULE: &[(&str, &str)] = &[
    ("CRD-CERTIFICATES", "特种设备安全法 第八十六条(分值待确认)"),
    ("CRD-ENTRY-UNTRAINED", "特种设备安全法 第八十六条(分值待确认)"),
    ("CRD-FILLED-BANNED", "特种设备安全法 第八十四条、第八十五条(分值待确认)"),
    ("CRD-ENTRY-BANNED", "特种设备安全法 第八十四条、第八十五条(分值待确认)"),
    ("CRD-ENTRY-UNLICENSED", "特种设备安全法 第八十五条(分值待确认)"),
    ("CRD-LICENCE-LAPSED", "特种设备安全法 第八十五条(分值待确认)"),
    ("CRD-ENTRY-WARNING", "特种设备安全法 第八十三条至第八十六条(分值待确认)"),
    ("CRD-ENTRY-FINE", "特种设备安全法 第八十三条至第八十六条(分值待确认)"),
    ("CRD-ENTRY-STOP", "特种设备安全法 第八十三条至第八十六条(分值待确认)"),
    ("CRD-ACCIDENT", "特种设备安全监察条例 事故分级(分值待确认)"),
    ("CRD-ACCIDENT-LARGER", "特种设备安全监察条例 事故分级(分值待确认)"),
    ("CRD-HAZARD", "特种设备安全监督检查办法(总局令第57号,分值待确认)"),
    ("CRD-HAZARD-SERIOUS", "特种设备安全监督检查办法(总局令第57号,分值待确认)"),
    ("CRD-HAZARD-GRAVE", "特种设备安全监督检查办法(总局令第57号,分值待确认)"),
    ("CRD-HAZARD-LATE", "特种设备安全监督检查办法(总局令第57号,分值待确认)"),
    ("CRD-ENTRY-COMPLAINT", "市场监督管理投诉举报处理办法(总局令第121号,分值待确认)"),
];

/// Sources by what stood there.
const OF_NOTE: &[(&str, &str)] = &[
    ("rules.md §6", "TSG 23-2021 充装后检查(条款待确认)"),
    ("rules.md §11", "燃气服务与移送期限(条款待确认)"),
    ("rules.md §12", "国市监信发〔2022〕6号(扣分项和分值待确认)"),
    ("rules.md §14", "用户及站点存瓶限量(条款待确认)"),
    ("rules.md §17", "充装安全责任保险试点(条款待确认)"),
    ("rules.md §19", "气瓶流转与异常判定规则(条款待确认)"),
    ("rules.md §20", "系统参数默认值(待确认)"),
];

const COLUMNS: &str = "rule_id, kind, family, model, medium_class, made_from, made_before, inspections_from, value, unit, \
    yields_to_print, clause, effective_from, effective_to, confirmed, jurisdiction, enabled, position, credit";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let db = m.get_connection();
        // Nothing of these texts comes from outside.
        let case = |column: &str, all: &[(&str, &str)]| -> String {
            all.iter().map(|(old, new)| format!("WHEN {column} = '{old}' THEN '{new}' ")).collect()
        };
        let by_rule: String = OF_RULE
            .iter()
            .map(|(id, new)| format!("WHEN rule_id = '{id}' AND source = 'rules.md §12' THEN '{new}' "))
            .collect();
        let (by_note, newest) = (case("source", OF_NOTE), "SELECT MAX(version) FROM rule");
        let sql = format!(
            "INSERT INTO rule (version, source, {COLUMNS}) \
             SELECT version + 1, CASE {by_rule}{by_note}ELSE source END, {COLUMNS} FROM rule \
             WHERE version = ({newest}) AND EXISTS \
             (SELECT 1 FROM rule AS noted WHERE noted.version = ({newest}) AND noted.source LIKE 'rules.md %')"
        );
        db.execute_raw(Statement::from_string(m.get_database_backend(), sql)).await?;
        let mut aside = Table::create();
        aside.table("case_aside").if_not_exists().col(ColumnDef::new("id").big_integer().not_null().primary_key());
        for name in ["digest", "channel", "row", "faults"] {
            aside.col(text(name));
        }
        aside.col(integer("line")).col(big_integer("at")).col(big_integer("account_id"));
        m.create_table(aside.to_owned()).await?;
        let mut once = Index::create();
        once.name("case_aside_once").table("case_aside").col("digest").unique().if_not_exists();
        m.create_index(once.to_owned()).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // A version that decided something is not taken away.
        m.drop_table(Table::drop().table("case_aside").to_owned()).await
    }
}
