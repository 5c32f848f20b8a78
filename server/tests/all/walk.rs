//! The walk: every page, every server function and every route of the API, as every role, as people of another enterprise and
//! another district, as a display and as nobody. What is not granted is refused, and refused in the same words whether the
//! thing that was asked for exists or not. Whatever has no row here fails.

use crate::{
    events::register,
    support::{Answer, NORTH, SOUTH, Server, run},
};
use app::routes::{Access, PAGES, WALL};
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use data::throttle;
use domain::{
    permission::{Permission as P, Permissions, Role},
    scope::Scope,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use server::access::guard::OPEN_FUNCTIONS;

/// Who may call a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum May {
    /// Anybody.
    Open,
    /// A session for which the code of its second factor is due, which none of the askers is.
    Half,
    /// An account, about itself.
    Account,
    /// Whoever holds the permission.
    Needs(P),
}

/// How arguments are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    Json,
    Form,
}

/// A row of the walk: function, who may call it, how its arguments are sent, and arguments that name something that is
/// there (`@account`, `@cylinder`, `@site`, `@alert`, `@display`, `@fill`, `@import`, `@draft`, `@hazard`, `@org`, `@case`, `@call`, `@task`,
/// `@post`, `@paper`, `@message` stand for it) and something that is not.
type Row = (&'static str, May, Sent, &'static str, &'static str);

const FUNCTIONS: &[Row] = &[
    ("cylinder_history", May::Needs(P::TraceRead), Sent::Json, "{\"code\":\"@cylinder\"}", "{\"code\":\"999999\"}"),
    (
        "cylinder_trace",
        May::Needs(P::TraceRead),
        Sent::Json,
        "{\"code\":\"@cylinder\",\"known\":\"\"}",
        "{\"code\":\"999999\",\"known\":\"\"}",
    ),
    ("cylinder_evidence", May::Needs(P::TraceRead), Sent::Json, "{\"code\":\"@cylinder\"}", "{\"code\":\"999999\"}"),
    (
        "record_list",
        May::Needs(P::RecordRead),
        Sent::Json,
        r#"{"query":{"filters":{},"sort":"","descending":false,"size":20,"from":"start"}}"#,
        r#"{"query":{"filters":{"q":"999999"},"sort":"","descending":false,"size":20,"from":"start"}}"#,
    ),
    (
        "map_clusters",
        May::Needs(P::MapRead),
        Sent::Json,
        r#"{"ask":{"zoom":0,"middle":null,"custody":null,"org":null,"district":null}}"#,
        r#"{"ask":{"zoom":200,"middle":[2147483647,-2147483648],"custody":-1,"org":999999,"district":1}}"#,
    ),
    ("record_choices", May::Needs(P::RecordRead), Sent::Json, "{}", "{}"),
    ("record_one", May::Needs(P::RecordRead), Sent::Json, "{\"no\":@fill}", "{\"no\":999999}"),
    ("station_lines", May::Needs(P::WallView), Sent::Json, "{\"site\":@site}", "{\"site\":999999}"),
    ("alert_acknowledge", May::Needs(P::WallControl), Sent::Json, "{\"alert\":@alert}", "{\"alert\":999999}"),
    ("alert_groups", May::Needs(P::AlertRead), Sent::Json, "{\"page\":1}", "{\"page\":1}"),
    ("alert_list", May::Needs(P::AlertRead), Sent::Json, "{\"ask\":{}}", "{\"ask\":{\"site\":999999}}"),
    ("alert_one", May::Needs(P::AlertRead), Sent::Json, "{\"no\":@alert}", "{\"no\":999999}"),
    ("alert_precision", May::Needs(P::AlertRead), Sent::Json, "{\"days\":90}", "{\"days\":1}"),
    ("alert_people", May::Needs(P::AlertHandle), Sent::Json, "{}", "{}"),
    (
        "alert_handle",
        May::Needs(P::AlertHandle),
        Sent::Form,
        "no[]=@alert&act=remark&reason=a",
        "no[]=999999&act=remark&reason=a",
    ),
    (
        "cylinder_list",
        May::Needs(P::CylinderRead),
        Sent::Json,
        r#"{"query":{"filters":{},"sort":"","descending":false,"size":20,"from":"start"}}"#,
        r#"{"query":{"filters":{"q":"999999"},"sort":"","descending":false,"size":20,"from":"start"}}"#,
    ),
    ("archive_choices", May::Needs(P::CylinderRead), Sent::Json, "{}", "{}"),
    (
        "cylinder_detail",
        May::Needs(P::TraceRead),
        Sent::Json,
        "{\"code\":\"@cylinder\",\"as_of\":\"\"}",
        "{\"code\":\"999999\",\"as_of\":\"\"}",
    ),
    (
        "analysis_sheet",
        May::Needs(P::AnalysisRead),
        Sent::Json,
        r#"{"code":"due","asked":{}}"#,
        r#"{"code":"999999","asked":{"district":999999}}"#,
    ),
    (
        "export_begin",
        May::Needs(P::Export),
        Sent::Form,
        "what=archive&format=csv&filter=%7B%22q%22%3A%22@cylinder%22%7D",
        "what=nothing&format=csv",
    ),
    ("export_list", May::Needs(P::Export), Sent::Json, "{}", "{}"),
    ("export_cancel", May::Needs(P::Export), Sent::Form, "id=1", "id=999999"),
    (
        "export_upload",
        May::Needs(P::Upload),
        Sent::Form,
        "id=1&to=https%3A%2F%2Fplatform.example%2Fup",
        "id=999999&to=",
    ),
    ("analysis_overview", May::Needs(P::AnalysisRead), Sent::Json, "{}", "{}"),
    ("search", May::Needs(P::TraceRead), Sent::Json, "{\"text\":\"@cylinder\"}", "{\"text\":\"999999\"}"),
    ("registration_ask", May::Needs(P::CylinderEdit), Sent::Json, "{}", "{}"),
    ("cylinder_register", May::Needs(P::CylinderEdit), Sent::Form, "values[tag]=@cylinder", "values[tag]=999999"),
    ("amendment_ask", May::Needs(P::CylinderEdit), Sent::Json, "{\"code\":\"@cylinder\"}", "{\"code\":\"999999\"}"),
    (
        "cylinder_amend",
        May::Needs(P::CylinderEdit),
        Sent::Form,
        "values[cylinder]=@cylinder",
        "values[cylinder]=999999",
    ),
    ("import_list", May::Needs(P::CylinderImport), Sent::Json, "{\"before\":0}", "{\"before\":1}"),
    ("import_one", May::Needs(P::CylinderImport), Sent::Json, "{\"id\":@import}", "{\"id\":999999}"),
    (
        "import_aside",
        May::Needs(P::CylinderImport),
        Sent::Json,
        "{\"id\":@import,\"all\":false,\"after\":0}",
        "{\"id\":999999,\"all\":false,\"after\":0}",
    ),
    ("import_check", May::Needs(P::CylinderImport), Sent::Form, "id=@import&preset=in-use", "id=999999&preset=x"),
    ("import_start", May::Needs(P::CylinderImport), Sent::Form, "id=@import", "id=999999"),
    ("import_cancel", May::Needs(P::CylinderImport), Sent::Form, "id=@import", "id=999999"),
    (
        "import_mend",
        May::Needs(P::CylinderImport),
        Sent::Form,
        "id=@import&line=2147483646&cells[0]=a",
        "id=999999&line=2&cells[0]=a",
    ),
    (
        "import_leave_out",
        May::Needs(P::CylinderImport),
        Sent::Form,
        "id=@import&line=2147483646&reason=a",
        "id=999999&line=2&reason=a",
    ),
    (
        "org_list",
        May::Needs(P::CylinderRead),
        Sent::Json,
        r#"{"query":{"filters":{},"sort":"","descending":false,"size":20,"from":"start"}}"#,
        r#"{"query":{"filters":{"q":"999999"},"sort":"","descending":false,"size":20,"from":"start"}}"#,
    ),
    ("org_choices", May::Needs(P::CylinderRead), Sent::Json, "{}", "{}"),
    ("org_one", May::Needs(P::CylinderRead), Sent::Json, "{\"id\":@org}", "{\"id\":999999}"),
    ("check_catalogues", May::Needs(P::CheckItemRead), Sent::Json, "{}", "{}"),
    (
        "check_catalogue",
        May::Needs(P::CheckItemRead),
        Sent::Json,
        "{\"catalogue\":\"home\",\"version\":0}",
        "{\"catalogue\":\"999999\",\"version\":999999}",
    ),
    ("check_ask", May::Needs(P::CheckItemEdit), Sent::Json, "{}", "{}"),
    ("check_save", May::Needs(P::CheckItemEdit), Sent::Form, "values[catalogue]=home", "values[catalogue]=999999"),
    (
        "check_draft",
        May::Needs(P::CheckItemEdit),
        Sent::Form,
        "catalogue=home&act=publish&revision=0&note=a&sure=yes",
        "catalogue=999999&act=publish&revision=0&note=a&sure=yes",
    ),
    ("cylinder_checks", May::Needs(P::TraceRead), Sent::Json, "{\"code\":\"@cylinder\"}", "{\"code\":\"999999\"}"),
    (
        "incident_list",
        May::Needs(P::AlertRead),
        Sent::Json,
        r#"{"register":"accident","query":{"filters":{},"sort":"","descending":false,"size":20,"from":"start"}}"#,
        r#"{"register":"hazard","query":{"filters":{"q":"999999"},"sort":"","descending":false,"size":20,"from":"start"}}"#,
    ),
    ("incident_choices", May::Needs(P::AlertRead), Sent::Json, "{}", "{}"),
    (
        "incident_ask",
        May::Needs(P::AlertHandle),
        Sent::Json,
        "{\"register\":\"accident\"}",
        "{\"register\":\"hazard\"}",
    ),
    (
        "incident_one",
        May::Needs(P::AlertRead),
        Sent::Json,
        "{\"register\":\"hazard\",\"id\":@hazard}",
        "{\"register\":\"hazard\",\"id\":999999}",
    ),
    ("accident_enter", May::Needs(P::AlertHandle), Sent::Form, "values[kind]=leak", "values[kind]=999999"),
    ("hazard_enter", May::Needs(P::AlertHandle), Sent::Form, "values[kind]=user", "values[kind]=999999"),
    (
        "incident_act",
        May::Needs(P::AlertHandle),
        Sent::Form,
        "register=hazard&id=@hazard&act=remark&note=a",
        "register=hazard&id=999999&act=remark&note=a",
    ),
    ("entered", May::Account, Sent::Json, "{\"key\":\"none\"}", "{\"key\":\"999999\"}"),
    (
        "case_list",
        May::Needs(P::ComplaintRead),
        Sent::Json,
        r#"{"query":{"filters":{},"sort":"","descending":false,"size":20,"from":"start"}}"#,
        r#"{"query":{"filters":{"q":"999999"},"sort":"","descending":false,"size":20,"from":"start"}}"#,
    ),
    (
        "call_list",
        May::Needs(P::ComplaintRead),
        Sent::Json,
        r#"{"query":{"filters":{},"sort":"","descending":false,"size":20,"from":"start"}}"#,
        r#"{"query":{"filters":{"callback":"never"},"sort":"at","descending":true,"size":60000,"from":"start"}}"#,
    ),
    ("call_choices", May::Needs(P::ComplaintRead), Sent::Json, "{}", "{}"),
    ("call_ask", May::Needs(P::ComplaintHandle), Sent::Json, "{}", "{}"),
    ("call_one", May::Needs(P::ComplaintRead), Sent::Json, "{\"id\":@call}", "{\"id\":999999}"),
    (
        "call_unmask",
        May::Needs(P::PersonalDataUnmask),
        Sent::Json,
        "{\"id\":@call,\"purpose\":\"回访\"}",
        "{\"id\":999999,\"purpose\":\"回访\"}",
    ),
    (
        "call_enter",
        May::Needs(P::ComplaintHandle),
        Sent::Form,
        "values[category]=other",
        "values[category]=999999&values[text]=%00",
    ),
    (
        "call_act",
        May::Needs(P::ComplaintHandle),
        Sent::Form,
        "id=@call&values[act]=bogus",
        "id=999999&values[act]=bogus",
    ),
    (
        "task_list",
        May::Account,
        Sent::Json,
        r#"{"query":{"filters":{},"sort":"","descending":false,"size":20,"from":"start"}}"#,
        r#"{"query":{"filters":{"view":"mine","state":"never"},"sort":"due","descending":true,"size":60000,"from":"start"}}"#,
    ),
    ("task_counts", May::Account, Sent::Json, "{}", "{}"),
    ("task_one", May::Account, Sent::Json, "{\"id\":@task}", "{\"id\":999999}"),
    (
        "task_act",
        May::Account,
        Sent::Form,
        "id=@task&values[act]=bogus",
        "id=999999&values[act]=close&values[note]=%00",
    ),
    ("task_settings", May::Account, Sent::Json, "{}", "{}"),
    (
        "task_settings_save",
        May::Account,
        Sent::Form,
        "from=22:00&to=07:00&digest=yes",
        "from=99:99&to=%00&digest=999999",
    ),
    ("case_choices", May::Needs(P::ComplaintRead), Sent::Json, "{}", "{}"),
    ("case_ask", May::Needs(P::ComplaintHandle), Sent::Json, "{}", "{}"),
    ("case_one", May::Needs(P::ComplaintRead), Sent::Json, "{\"id\":@case}", "{\"id\":999999}"),
    ("case_unmask", May::Needs(P::PersonalDataUnmask), Sent::Form, "id=@case&purpose=abc", "id=999999&purpose=abc"),
    (
        "case_document",
        May::Needs(P::ComplaintHandle),
        Sent::Json,
        "{\"id\":@case,\"document\":\"register_complaint\"}",
        "{\"id\":999999,\"document\":\"register_complaint\"}",
    ),
    (
        "case_evaluation",
        May::Needs(P::ComplaintRead),
        Sent::Json,
        r#"{"from":"","to":""}"#,
        r#"{"from":"999999","to":""}"#,
    ),
    ("case_enter", May::Needs(P::ComplaintHandle), Sent::Form, "values[track]=repair", "values[track]=999999"),
    ("case_act", May::Needs(P::ComplaintRead), Sent::Form, "id=@case&values[act]=bogus", "id=999999&values[act]=bogus"),
    (
        "credit_list",
        May::Needs(P::CreditRead),
        Sent::Json,
        r#"{"query":{"filters":{},"sort":"","descending":false,"size":20,"from":"start"}}"#,
        r#"{"query":{"filters":{"q":"999999"},"sort":"","descending":false,"size":20,"from":"start"}}"#,
    ),
    ("credit_choices", May::Needs(P::CreditRead), Sent::Json, "{}", "{}"),
    ("credit_one", May::Needs(P::CreditRead), Sent::Json, "{\"org\":@org}", "{\"org\":999999}"),
    (
        "credit_appeals",
        May::Needs(P::CreditRead),
        Sent::Json,
        r#"{"query":{"filters":{},"sort":"","descending":false,"size":20,"from":"start"}}"#,
        r#"{"query":{"filters":{"org":"999999"},"sort":"","descending":false,"size":20,"from":"start"}}"#,
    ),
    ("credit_appeal_one", May::Needs(P::CreditRead), Sent::Json, "{\"id\":1}", "{\"id\":999999}"),
    (
        "credit_entries",
        May::Needs(P::CreditRead),
        Sent::Json,
        r#"{"query":{"filters":{},"sort":"","descending":false,"size":20,"from":"start"}}"#,
        r#"{"query":{"filters":{"org":"999999"},"sort":"","descending":false,"size":20,"from":"start"}}"#,
    ),
    ("credit_ask", May::Needs(P::CreditEdit), Sent::Json, "{}", "{}"),
    ("credit_enter", May::Needs(P::CreditEdit), Sent::Form, "values[org]=@org", "values[org]=999999"),
    ("credit_entry_act", May::Needs(P::CreditEdit), Sent::Form, "id=1&act=bogus&note=a", "id=999999&act=close&note=a"),
    (
        "credit_appeal_ask",
        May::Needs(P::CreditAppeal),
        Sent::Json,
        "{\"point\":\"alert.1.CRD-ITEM\"}",
        "{\"point\":\"999999\"}",
    ),
    ("credit_appeal", May::Needs(P::CreditAppeal), Sent::Form, "values[grounds]=a", "values[grounds]=999999"),
    ("credit_act", May::Needs(P::CreditRead), Sent::Form, "id=1&values[act]=bogus", "id=999999&values[act]=bogus"),
    (
        "post_list",
        May::Needs(P::PostRead),
        Sent::Json,
        r#"{"query":{"filters":{},"sort":"","descending":false,"size":20,"from":"start"}}"#,
        r#"{"query":{"filters":{"q":"999999"},"sort":"","descending":false,"size":20,"from":"start"}}"#,
    ),
    ("post_choices", May::Needs(P::PostRead), Sent::Json, "{}", "{}"),
    ("post_ask", May::Needs(P::PostEdit), Sent::Json, "{}", "{}"),
    ("post_one", May::Needs(P::PostRead), Sent::Json, "{\"id\":@post}", "{\"id\":999999}"),
    (
        "post_version",
        May::Needs(P::PostRead),
        Sent::Json,
        "{\"id\":@post,\"no\":1,\"against\":1}",
        "{\"id\":999999,\"no\":-1,\"against\":2147483647}",
    ),
    ("post_draft", May::Needs(P::PostEdit), Sent::Json, "{\"id\":@post,\"copy\":0}", "{\"id\":999999,\"copy\":999999}"),
    ("post_copy", May::Needs(P::PostRead), Sent::Json, "{\"id\":1}", "{\"id\":999999}"),
    ("post_create", May::Needs(P::PostEdit), Sent::Form, "values[title]=a&values[category]=news", "values[title]="),
    (
        "post_save",
        May::Needs(P::PostEdit),
        Sent::Form,
        "id=@post&no=1&base=0&values[title]=a%00&downloads[..]=1",
        "id=999999&no=-1&base=-1&values[title]=a",
    ),
    (
        "post_autosave",
        May::Needs(P::PostEdit),
        Sent::Json,
        r#"{"typing":{"id":@post,"no":1,"base":0,"tab":"a\u0000b","typed":9223372036854775807,"values":{"title":"a\u0000","body":"<p>a</p>","org":"999999"}}}"#,
        r#"{"typing":{"id":999999,"no":-1,"base":-1,"tab":"","typed":-1,"values":{}}}"#,
    ),
    (
        "post_present",
        May::Needs(P::PostEdit),
        Sent::Json,
        "{\"id\":@post,\"tab\":\"a\\u0000\"}",
        "{\"id\":999999,\"tab\":\"\"}",
    ),
    ("post_leave", May::Needs(P::PostEdit), Sent::Json, "{\"id\":@post,\"tab\":\"a\"}", "{\"id\":999999,\"tab\":\"\"}"),
    (
        "post_clean",
        May::Needs(P::PostEdit),
        Sent::Json,
        "{\"html\":\"<p onclick=x>a\\u0000<script>\"}",
        "{\"html\":\"\"}",
    ),
    (
        "post_act",
        May::Needs(P::PostRead),
        Sent::Form,
        "id=@post&values[act]=bogus",
        "id=999999&values[act]=submit&values[no]=1&values[revision]=x",
    ),
    ("post_slug", May::Needs(P::PostEdit), Sent::Form, "id=@post&slug=..%2F%00", "id=999999&slug=a-b"),
    ("post_copy_settle", May::Needs(P::PostEdit), Sent::Form, "id=1&act=take", "id=999999&act=keep"),
    ("rule_list", May::Needs(P::RuleRead), Sent::Json, "{\"version\":0}", "{\"version\":999999}"),
    ("rule_versions", May::Needs(P::RuleRead), Sent::Json, "{}", "{}"),
    ("rule_diff", May::Needs(P::RuleRead), Sent::Json, r#"{"from":1,"to":1}"#, r#"{"from":1,"to":999999}"#),
    ("rule_drafts", May::Needs(P::RuleEdit), Sent::Json, "{}", "{}"),
    ("rule_draft_one", May::Needs(P::RuleEdit), Sent::Json, "{\"id\":@draft}", "{\"id\":999999}"),
    ("case_aside", May::Needs(P::ComplaintHandle), Sent::Json, "{}", "{}"),
    ("case_aside_leave", May::Needs(P::ComplaintHandle), Sent::Form, "id=1&reason=a", "id=999999&reason=a"),
    ("rule_draft_effects", May::Needs(P::RuleEdit), Sent::Json, "{\"id\":@draft}", "{\"id\":999999}"),
    ("calendar_year", May::Needs(P::RuleRead), Sent::Json, "{\"year\":2026}", "{\"year\":999999}"),
    ("calendar_look", May::Needs(P::RuleEdit), Sent::Json, "{\"key\":\"none\"}", "{\"key\":\"999999\"}"),
    ("calendar_put", May::Needs(P::RuleEdit), Sent::Form, "key=none&seen=1", "key=999999&seen=1"),
    ("rule_draft_begin", May::Needs(P::RuleEdit), Sent::Form, "note=a", "note="),
    ("rule_draft_act", May::Needs(P::RuleEdit), Sent::Form, "id=@draft&act=preview", "id=999999&act=x"),
    ("rule_draft_decide", May::Needs(P::RuleApprove), Sent::Form, "id=@draft&act=approve", "id=999999&act=publish"),
    (
        "rule_row_ask",
        May::Needs(P::RuleEdit),
        Sent::Json,
        r#"{"id":@draft,"rule":"INT-LPG-1","kind":""}"#,
        r#"{"id":999999,"rule":"INT-LPG-1","kind":""}"#,
    ),
    (
        "rule_row_save",
        May::Needs(P::RuleEdit),
        Sent::Form,
        "values[draft]=@draft&values[rule]=INT-LPG-1",
        "values[draft]=999999&values[rule]=INT-LPG-1",
    ),
    ("rule_row_drop", May::Needs(P::RuleEdit), Sent::Form, "id=@draft&rule=INT-LPG-1", "id=999999&rule=INT-LPG-1"),
    ("rule_moved", May::Needs(P::RuleEdit), Sent::Json, r#"{"ask":{"id":@draft}}"#, r#"{"ask":{"id":999999}}"#),
    (
        "tag_list",
        May::Needs(P::TagManage),
        Sent::Json,
        r#"{"query":{"filters":{},"sort":"","descending":false,"size":20,"from":"start"}}"#,
        r#"{"query":{"filters":{"q":"999999"},"sort":"","descending":false,"size":20,"from":"start"}}"#,
    ),
    ("tag_ask", May::Needs(P::TagManage), Sent::Json, "{}", "{}"),
    ("void_ask", May::Needs(P::TagManage), Sent::Json, "{}", "{}"),
    ("tag_void", May::Needs(P::TagManage), Sent::Form, "values[tag]=@cylinder", "values[tag]=999999"),
    (
        "series_list",
        May::Needs(P::TagManage),
        Sent::Json,
        r#"{"query":{"filters":{},"sort":"","descending":false,"size":20,"from":"start"}}"#,
        r#"{"query":{"filters":{"q":"999"},"sort":"","descending":false,"size":20,"from":"start"}}"#,
    ),
    ("issue_ask", May::Needs(P::TagManage), Sent::Json, "{}", "{}"),
    ("tag_issue", May::Needs(P::TagManage), Sent::Form, "values[first]=1", "values[first]=999999"),
    ("tag_bind", May::Needs(P::TagManage), Sent::Form, "values[cylinder]=@cylinder", "values[cylinder]=999999"),
    (
        "collision_list",
        May::Needs(P::CylinderRead),
        Sent::Json,
        "{\"kind\":\"stamp\",\"after\":\"\"}",
        "{\"kind\":\"tag-serial\",\"after\":\"1-2\"}",
    ),
    (
        "collision_different",
        May::Needs(P::CylinderEdit),
        Sent::Form,
        "kind=stamp&one=1&other=2&reason=a",
        "kind=stamp&one=999999&other=2&reason=a",
    ),
    (
        "collision_same",
        May::Needs(P::CylinderEdit),
        Sent::Form,
        "kind=stamp&one=1&other=2&stays=one&reason=a&sure=yes",
        "kind=stamp&one=999999&other=2&stays=one&reason=a&sure=yes",
    ),
    ("label_sheet", May::Needs(P::TagManage), Sent::Json, "{\"codes\":[\"@cylinder\"]}", "{\"codes\":[\"999999\"]}"),
    (
        "message_list",
        May::Needs(P::MessageRead),
        Sent::Json,
        r#"{"query":{"filters":{},"sort":"","descending":false,"size":20,"from":"start"}}"#,
        r#"{"query":{"filters":{"q":"999999"},"sort":"","descending":false,"size":20,"from":"start"}}"#,
    ),
    (
        "message_one",
        May::Needs(P::MessageRead),
        Sent::Json,
        r#"{"id":@message,"query":{"filters":{},"sort":"","descending":false,"size":20,"from":"start"}}"#,
        r#"{"id":999999,"query":{"filters":{"standing":"x"},"sort":"","descending":false,"size":20,"from":"start"}}"#,
    ),
    (
        "message_ask",
        May::Needs(P::MessageSend),
        Sent::Json,
        r#"{"draft":0,"checked":false}"#,
        r#"{"draft":999999,"checked":true}"#,
    ),
    (
        "message_save",
        May::Needs(P::MessageSend),
        Sent::Form,
        "id=0&act=preview&values[title]=a&channels[]=sms&orgs[]=1",
        "id=999999&act=template&values[template]=999999&values[x]=%00",
    ),
    ("message_send", May::Needs(P::MessageSend), Sent::Form, "id=1&seen=0", "id=999999&seen=0&sure=yes"),
    (
        "message_act",
        May::Needs(P::MessageSend),
        Sent::Form,
        "id=@message&act=bogus",
        "id=999999&act=resend&channels[]=sms",
    ),
    ("message_keep_list", May::Needs(P::MessageSend), Sent::Form, "id=1&act=keep&name=a", "id=999999&act=drop&name="),
    ("message_shelf", May::Needs(P::MessageSend), Sent::Json, "{\"draft\":0}", "{\"draft\":999999}"),
    (
        "template_save",
        May::Needs(P::MessageSend),
        Sent::Form,
        "id=0&values[name]=a&values[title]=b",
        "id=999999&values[name]=a&values[title]=b&values[body]=c",
    ),
    ("template_drop", May::Needs(P::MessageSend), Sent::Form, "id=1", "id=999999"),
    (
        "inbox_list",
        May::Account,
        Sent::Json,
        r#"{"query":{"filters":{},"sort":"","descending":false,"size":20,"from":"start"}}"#,
        r#"{"query":{"filters":{"state":"x"},"sort":"","descending":false,"size":20,"from":"start"}}"#,
    ),
    ("inbox_one", May::Account, Sent::Json, "{\"id\":@message}", "{\"id\":999999}"),
    ("inbox_count", May::Account, Sent::Json, "{}", "{}"),
    ("inbox_read_all", May::Account, Sent::Form, "upto=1", "upto=9223372036854775807"),
    ("push_list", May::Account, Sent::Json, "{}", "{}"),
    (
        "push_subscribe",
        May::Account,
        Sent::Json,
        r#"{"given":{"endpoint":"https://fcm.googleapis.com/x","keys":{"p256dh":"BA","auth":"AA"}}}"#,
        r#"{"given":{"endpoint":"http://10.0.0.1/\u0000","keys":{}},"before":"999999"}"#,
    ),
    ("push_unsubscribe", May::Account, Sent::Form, "id=1", "id=999999"),
    ("contact_one", May::Account, Sent::Json, "{}", "{}"),
    ("contact_save", May::Account, Sent::Form, "phone=13800001111&mail=a%40b.cn", "phone=x%00&mail=y&no_phone=yes"),
    (
        "paper_list",
        May::Needs(P::PaperRead),
        Sent::Json,
        r#"{"query":{"filters":{},"sort":"","descending":false,"size":20,"from":"start"}}"#,
        r#"{"query":{"filters":{"whose":"x"},"sort":"","descending":false,"size":20,"from":"start"}}"#,
    ),
    (
        "paper_one",
        May::Needs(P::PaperRead),
        Sent::Json,
        r#"{"id":@paper,"draft":0,"checked":false}"#,
        r#"{"id":999999,"draft":0,"checked":false}"#,
    ),
    ("paper_sheet", May::Needs(P::PaperRead), Sent::Json, "{\"id\":@paper}", "{\"id\":999999}"),
    (
        "paper_ask",
        May::Needs(P::PaperIssue),
        Sent::Json,
        r#"{"draft":0,"checked":false}"#,
        r#"{"draft":999999,"checked":true}"#,
    ),
    ("paper_drop", May::Needs(P::PaperIssue), Sent::Form, "id=1", "id=999999"),
    ("paper_issue", May::Needs(P::PaperIssue), Sent::Form, "id=1&seen=0", "id=999999&seen=0"),
    ("paper_act", May::Needs(P::PaperIssue), Sent::Form, "id=@paper&values[act]=bogus", "id=999999&values[act]=remind"),
    ("paper_sign", May::Needs(P::PaperSign), Sent::Form, "id=@paper", "id=999999"),
    ("paper_answer", May::Needs(P::PaperSign), Sent::Form, "id=@paper&draft=1&seen=0", "id=999999&draft=0&seen=0"),
    ("login", May::Open, Sent::Form, "login=target&password=x", "login=nobody&password=x"),
    ("login_code", May::Half, Sent::Form, "code=000000", "code=x"),
    ("logout", May::Open, Sent::Form, "", ""),
    ("who_am_i", May::Open, Sent::Json, "{}", "{}"),
    ("my_page", May::Account, Sent::Json, "{}", "{}"),
    ("password_change", May::Account, Sent::Form, "current=a&new=b&again=c", "current=a&new=b&again=b"),
    ("factor_begin", May::Account, Sent::Form, "", ""),
    ("factor_confirm", May::Account, Sent::Form, "code=000000", "code="),
    ("session_end", May::Account, Sent::Form, "id=1", "id=999999"),
    ("account_list", May::Needs(P::AccountRead), Sent::Json, "{\"after\":\"\"}", "{\"after\":\"zzz\"}"),
    ("account_one", May::Needs(P::AccountRead), Sent::Json, "{\"id\":@account}", "{\"id\":999999}"),
    ("account_create", May::Needs(P::AccountManage), Sent::Form, "login=target&name=a", "login=&name="),
    ("account_reset", May::Needs(P::AccountManage), Sent::Form, "id=@account", "id=999999"),
    (
        "account_disable",
        May::Needs(P::AccountManage),
        Sent::Form,
        "id=@account&disabled=false",
        "id=999999&disabled=true",
    ),
    ("account_unlock", May::Needs(P::AccountUnlock), Sent::Form, "id=@account", "id=999999"),
    ("account_factor_clear", May::Needs(P::AccountUnlock), Sent::Form, "id=@account", "id=999999"),
    ("account_sessions_end", May::Needs(P::AccountRead), Sent::Form, "id=@account", "id=999999"),
    ("account_grant", May::Needs(P::RoleGrant), Sent::Form, "id=@account&scope=city", "id=999999&scope=city"),
    ("policy_read", May::Needs(P::PolicyEdit), Sent::Json, "{}", "{}"),
    ("policy_save", May::Needs(P::PolicyEdit), Sent::Form, POLICY, BAD_POLICY),
    ("platform_read", May::Needs(P::PlatformEdit), Sent::Json, "{}", "{}"),
    (
        "platform_save",
        May::Needs(P::PlatformEdit),
        Sent::Form,
        "platform[name]=a&platform[address]=https%3A%2F%2Fplatform.example%2Fup&platform[key_id]=k&secret=0123456789abcdef",
        "platform[name]=a&platform[address]=http%3A%2F%2F10.0.0.1&platform[key_id]=k&secret=",
    ),
    ("mail_read", May::Needs(P::PlatformEdit), Sent::Json, "{}", "{}"),
    (
        "mail_save",
        May::Needs(P::PlatformEdit),
        Sent::Form,
        "server[host]=smtp.example.cn&server[port]=465&server[tls]=tls&server[user]=u&server[from]=a%40b.cn&password=p",
        "server[host]=10.0.0.1&server[port]=0&server[tls]=plain&server[user]=&server[from]=x&password=",
    ),
    ("mail_remove", May::Needs(P::PlatformEdit), Sent::Form, "", "sure=yes"),
    ("push_services_read", May::Needs(P::PlatformEdit), Sent::Json, "{}", "{}"),
    (
        "push_services_save",
        May::Needs(P::PlatformEdit),
        Sent::Form,
        "contact=a%40b.cn&hosts=fcm.googleapis.com%0D%0A*.notify.windows.com",
        "contact=x%00&hosts=http%3A%2F%2F10.0.0.1",
    ),
    ("push_services_remove", May::Needs(P::PlatformEdit), Sent::Form, "", "sure=yes"),
    ("platform_remove", May::Needs(P::PlatformEdit), Sent::Form, "", "sure=yes"),
    ("display_list", May::Needs(P::DisplayPair), Sent::Json, "{}", "{}"),
    ("display_confirm", May::Needs(P::DisplayPair), Sent::Form, "code=ABCDEFGH&name=a", "code=&name="),
    ("display_revoke", May::Needs(P::DisplayPair), Sent::Form, "id=@display", "id=999999"),
    ("audit_list", May::Needs(P::AuditRead), Sent::Json, "{\"ask\":{}}", "{\"ask\":{\"before\":1}}"),
];

const POLICY: &str = "policy[profile]=dengbao&policy[lock_after]=5&policy[lock_minutes]=30&policy[idle_minutes]=30&policy[session_hours]=12&policy[argon_kib]=19456&policy[argon_passes]=2";

/// Good in form, out of its bounds.
const BAD_POLICY: &str = "policy[profile]=dengbao&policy[lock_after]=0&policy[lock_minutes]=30&policy[idle_minutes]=30&policy[session_hours]=12&policy[argon_kib]=19456&policy[argon_passes]=2";

/// Routes that are no pages, no functions and not the devices' API.
const OTHERS: [(&str, u16); 8] = [
    ("/healthz", 200),
    ("/readyz", 200),
    ("/api/v1/openapi.json", 200),
    ("/api/docs/", 200),
    // No recorder is installed in the walk: nothing is told.
    ("/metrics", 404),
    // No upgrade was asked for.
    ("/ws", 400),
    ("/ws/inbox", 400),
    ("/no/such/page", 404),
];

/// Somebody who asks.
pub struct Asker {
    pub name: String,
    /// Account; 0 for a display and for nobody.
    pub account: i64,
    pub cookie: String,
    may: Permissions,
    scope: Scope,
}

impl Asker {
    fn nobody(&self) -> bool {
        self.cookie.is_empty()
    }
}

pub struct Walk {
    pub s: Server,
    pub askers: Vec<Asker>,
    /// What stands for the words in [`FUNCTIONS`].
    pub words: Vec<(&'static str, String)>,
}

impl Walk {
    pub async fn begin() -> Self {
        let s = Server::new().await;
        register(&s).await;
        s.record(&s.gun, &[s.fill(1)]).await;
        let (north, south) = (s.gun.org, s.south.org);
        let mut askers = vec![];
        let scopes = [Scope::City, Scope::District(NORTH), Scope::Org(north)];
        for role in Role::ALL {
            let scope = scopes.into_iter().find(|c| role.fits(*c)).unwrap();
            askers.push((role.code().to_owned(), *role, scope));
        }
        askers.push(("of another enterprise".into(), Role::EnterpriseAdmin, Scope::Org(south)));
        askers.push(("of another district".into(), Role::DistrictRegulator, Scope::District(SOUTH)));
        let mut all = vec![];
        for (n, (name, role, scope)) in askers.into_iter().enumerate() {
            let (account, cookie) = s.account(&format!("asker{n}"), &[role], scope).await;
            all.push(Asker { name, account, cookie, may: Permissions::of(&[role]).within(scope), scope });
        }
        let (cookie, may) = (s.pair().await, Permissions::DISPLAY);
        all.push(Asker { name: "a display".into(), account: 0, cookie, may, scope: Scope::City });
        let none = Permissions::NONE;
        all.push(Asker { name: "nobody".into(), account: 0, cookie: String::new(), may: none, scope: Scope::City });
        let (target, _) = s.account("target", &[], Scope::City).await;
        // The display that may be revoked is not the one that asks.
        s.pair().await;
        // A run of the northern enterprise's.
        let run = data::import::run::Model {
            id: data::import::next_run(s.state.db.writer()).await.unwrap(),
            file: "a.csv".into(),
            org_id: north,
            scope: Scope::Org(north).to_string(),
            stage: "done".into(),
            head: "{}".into(),
            chosen: "[]".into(),
            ..data::import::run::Model::default()
        };
        let import = run.id.to_string();
        data::import::run::insert(s.state.db.writer(), run).await.unwrap();
        let txn = s.state.db.begin_write().await.unwrap();
        let draft = data::rule_draft::begin(&txn, "draft", 1, s.clock.now()).await.unwrap();
        txn.commit().await.unwrap();
        let alerts = data::alert::Entity::find().all(s.state.db.read()).await.unwrap();
        let fills = data::event::Entity::find().filter(data::event::Column::Kind.eq(3_i16));
        let fill = fills.one(s.state.db.read()).await.unwrap();
        // A hazard that the northern enterprise answers for, in its district.
        let entered = domain::incident::Entered {
            register: domain::incident::Register::Hazard,
            at: crate::support::NOW,
            kind: domain::incident::Kind::Station,
            severity: Some(domain::check::Severity::Common),
            division: NORTH,
            place: "站内".into(),
            org: north,
            tag: String::new(),
            harm: domain::incident::Harm::default(),
            brief: "通道堵塞".into(),
            cause: String::new(),
            item: String::new(),
        };
        let txn = s.state.db.begin_write().await.unwrap();
        let entry = data::incident::enter(&txn, &entered, None, target, crate::support::NOW).await.unwrap();
        txn.commit().await.unwrap();
        let data::incident::Entry::New(hazard) = entry else { panic!("{entry:?}") };
        // A repair at the northern enterprise, in its district: it reads of it too.
        let entered = domain::case::read(
            &[
                ("track", "repair"),
                ("channel", "phone"),
                ("place", "经三路 1 号"),
                ("title", "角阀漏气"),
                ("text", "角阀漏气"),
            ]
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
            .into(),
            domain::clock::local_date(crate::support::NOW),
            domain::case::From::Officer,
        );
        let viewer = domain::scope::Viewer { scope: Scope::City };
        let known = data::case::Known { org: north, division: NORTH, cylinder: None, viewer };
        let (db, by) = (&s.state.db, data::audit::Actor::console());
        let rules = s.state.rules.now();
        let (what, none) = ((&entered.unwrap(), &known), data::attachment::Files::default());
        let entry = data::case::enter(db, &s.state.access.master, &rules, what, none, (&by, crate::support::NOW)).await;
        let data::case::Entry::New(case) = entry.unwrap() else { panic!("a case") };
        let called = [("category", "question"), ("text", "如何换瓶")].map(|(n, v)| (n.to_owned(), v.to_owned()));
        let called = domain::call::read(&called.into(), crate::support::NOW).unwrap();
        let what = (&called, &known);
        let entry = data::call::enter(db, &s.state.access.master, what, (&by, crate::support::NOW)).await.unwrap();
        let data::call::Entry::New(call) = entry else { panic!("a call") };
        // The repair is a task of the enterprise's.
        data::task_job::run(db, &rules, true, crate::support::NOW).await.unwrap();
        let task =
            data::task::Entity::find().filter(data::task::Column::Kind.eq("answer")).one(db.read()).await.unwrap();
        // A post of the northern district's.
        let writes = Permissions::NONE.with(P::PostEdit);
        let asker = data::post::Asker { viewer, may: writes, actor: &by };
        let content = domain::post::Content { title: "冬季用气".into(), ..domain::post::Content::default() };
        let txn = db.begin_write().await.unwrap();
        let text = data::post::clean(content).unwrap();
        let post = data::post::create(&txn, asker, NORTH, &text, crate::support::NOW).await.unwrap().unwrap();
        txn.commit().await.unwrap();
        // A document that the northern enterprise must sign for, and the message that tells it so.
        let drawn = domain::paper::Drawn {
            number: "1号".into(),
            title: "通知".into(),
            issuer: "市局".into(),
            body: "请自查。".into(),
            parties: vec![Scope::Org(north)],
            deadline: None,
            answer: true,
        };
        let txn = s.state.db.begin_write().await.unwrap();
        let paper = data::paper::issue(&txn, viewer, &drawn, &[], (target, crate::support::NOW)).await.unwrap();
        txn.commit().await.unwrap();
        let data::paper::Issued::New(paper) = paper else { panic!("{paper:?}") };
        let composed = domain::message::Composed {
            title: "通知".into(),
            body: "请查收".into(),
            channels: vec![domain::message::Channel::Inbox],
            audience: domain::message::Audience { whom: domain::message::Whom::All, roles: vec![] },
            send_at: crate::support::NOW,
            urgent: false,
        };
        let txn = s.state.db.begin_write().await.unwrap();
        let written = data::message::compose(&txn, viewer, &composed, (target, crate::support::NOW)).await.unwrap();
        txn.commit().await.unwrap();
        let data::message::Written::New(message) = written else { panic!("a message") };
        let words = vec![
            ("@account", target.to_string()),
            ("@cylinder", "T1".into()),
            ("@site", s.gun.site.to_string()),
            ("@alert", alerts.first().map_or(0, |a| a.no).to_string()),
            ("@display", "2".into()),
            ("@fill", fill.map_or(0, |e| e.no).to_string()),
            ("@import", import),
            ("@hazard", hazard.to_string()),
            ("@org", north.to_string()),
            ("@draft", draft.to_string()),
            ("@case", case[0].id.to_string()),
            ("@call", call.to_string()),
            ("@task", task.unwrap().id.to_string()),
            ("@post", post.to_string()),
            ("@paper", paper.to_string()),
            ("@message", message.to_string()),
        ];
        Self { s, askers: all, words }
    }

    async fn call(&self, asker: &Asker, (name, _, sent, ..): &Row, body: &str) -> Answer {
        let body = self.words.iter().fold(body.to_owned(), |b, (word, value)| b.replace(word, value));
        let kind = if *sent == Sent::Json { "application/json" } else { "application/x-www-form-urlencoded" };
        let r = Request::post(format!("/api/fn/{name}"))
            .header(header::CONTENT_TYPE, kind)
            .header(header::COOKIE, &asker.cookie)
            .body(Body::from(body))
            .unwrap();
        // What one guess leaves behind is not to refuse the next.
        throttle::Entity::delete_many().exec(self.s.state.db.writer()).await.unwrap();
        self.s.send(r).await
    }
}

/// The refusal that is due, if one is.
fn refusal(asker: &Asker, may: May) -> Option<(u16, &'static str)> {
    const SIGN_IN: (u16, &str) = (401, "{\"error\":\"not_signed_in\"}");
    const NO: (u16, &str) = (403, "{\"error\":\"not_allowed\"}");
    match may {
        May::Open => None,
        _ if asker.nobody() => Some(SIGN_IN),
        May::Half => Some(SIGN_IN),
        May::Account => (asker.account == 0).then_some(NO),
        May::Needs(p) => (!asker.may.has(p)).then_some(NO),
    }
}

#[test]
fn every_function_for_everybody() {
    run(async {
        let mut there: Vec<String> = leptos::server_fn::axum::server_fn_paths().map(|(p, _)| p.to_owned()).collect();
        let mut known: Vec<String> = FUNCTIONS.iter().map(|f| format!("/api/fn/{}", f.0)).collect();
        there.sort_unstable();
        known.sort_unstable();
        assert_eq!(there, known, "a new function needs its row");
        let mut open: Vec<String> =
            FUNCTIONS.iter().filter(|f| f.1 == May::Open).map(|f| format!("/api/fn/{}", f.0)).collect();
        open.sort_unstable();
        assert_eq!(open, OPEN_FUNCTIONS);

        let w = Walk::begin().await;
        let (mut refused, mut granted) = (0, 0);
        for row in FUNCTIONS {
            for asker in &w.askers {
                // A call may end the session that makes it.
                let fresh = if asker.account > 0 { w.s.session(asker.account).await } else { asker.cookie.clone() };
                let asker = Asker { cookie: fresh, name: asker.name.clone(), ..*asker };
                let there = w.call(&asker, row, row.3).await;
                let what = format!("{} as {}: {} {}", row.0, asker.name, there.status, there.text());
                assert!(there.status.as_u16() < 500, "{what}");
                if let Some((status, text)) = refusal(&asker, row.1) {
                    refused += 1;
                    assert_eq!((there.status.as_u16(), there.text().as_str()), (status, text), "{what}");
                    let not_there = w.call(&asker, row, row.4).await;
                    assert_eq!((not_there.status, not_there.text()), (there.status, there.text()), "{what}");
                } else {
                    granted += 1;
                    assert!(!there.text().contains("not_signed_in"), "{what}");
                    // Who has a second factor does not begin another; who may export does not export what it may not read.
                    let unread = row.0 == "export_begin" && !asker.may.has(P::CylinderRead);
                    assert!(!there.text().contains("not_allowed") || row.0 == "factor_begin" || unread, "{what}");
                    if asker.account > 0 {
                        let fresh = w.s.session(asker.account).await;
                        let again = Asker { cookie: fresh, name: String::new(), ..asker };
                        let odd = w.call(&again, row, row.4).await;
                        assert!(odd.status.as_u16() < 500, "{} {} {}", row.0, odd.status, odd.text());
                    }
                }
            }
        }
        assert!(refused > 300 && granted > 60, "{refused} {granted}");
        println!(
            "walk: {} functions × {} askers: {refused} refused, {granted} granted",
            FUNCTIONS.len(),
            w.askers.len()
        );
    });
}

#[test]
fn what_lies_outside_the_scope_is_as_if_it_were_not_there() {
    run(async {
        let w = Walk::begin().await;
        let row = |name: &str| FUNCTIONS.iter().find(|f| f.0 == name).unwrap();
        let mut asked = 0;
        for asker in w.askers.iter().filter(|a| a.account > 0) {
            for (name, p) in [
                ("cylinder_history", P::TraceRead),
                ("cylinder_trace", P::TraceRead),
                ("record_one", P::RecordRead),
                ("cylinder_evidence", P::TraceRead),
                ("station_lines", P::WallView),
                ("alert_acknowledge", P::WallControl),
                ("import_one", P::CylinderImport),
                ("cylinder_checks", P::TraceRead),
                ("incident_one", P::AlertRead),
                ("org_one", P::CylinderRead),
                ("paper_sheet", P::PaperRead),
            ] {
                if !asker.may.has(p) {
                    continue;
                }
                let inside = asker.scope.covers(NORTH, w.s.gun.org);
                let there = w.call(asker, row(name), row(name).3).await;
                let not_there = w.call(asker, row(name), row(name).4).await;
                let same = (there.status, there.text()) == (not_there.status, not_there.text());
                assert_eq!(same, !inside, "{name} as {}: {}", asker.name, there.text());
                asked += 1;
            }
        }
        assert!(asked > 20, "{asked}");
    });
}

#[test]
fn every_page_for_everybody() {
    run(async {
        let w = Walk::begin().await;
        let (mut refused, mut granted, mut sent_on) = (0, 0, 0);
        for page in PAGES.iter().chain([&WALL]) {
            for asker in &w.askers {
                let mut answers = vec![];
                // Something that is there, and something that is not.
                for (code, id) in [("T1", w.words[0].1.as_str()), ("999999", "999999")] {
                    // One that is no place of the navigation: a refusal marks where one is, whatever is there.
                    let analysis = if id == "999999" { id } else { "ages" };
                    let catalogue = if id == "999999" { id } else { "home" };
                    let path = page.path.replace(":analysis", analysis).replace(":catalogue", catalogue);
                    let path = path.replace(":document", "register_complaint").replace(":version", "1");
                    let path = path.replace(":code", code).replace(":id", id).replace(":no", id);
                    assert!(!path.contains(':'), "{path}: say what its parameter is");
                    let a = w.s.get(&path, &[(header::COOKIE, asker.cookie.as_str())]).await;
                    let to = a.headers.get(header::LOCATION).map_or("", |l| l.to_str().unwrap()).to_owned();
                    let what = format!("{path} as {}: {} {to}", asker.name, a.status);
                    let granted_here = match page.access {
                        Access::Open => true,
                        Access::SignedIn => !asker.nobody(),
                        Access::Account => asker.account > 0,
                        Access::Needs(p) => asker.may.has(p),
                    };
                    if granted_here {
                        granted += 1;
                        match page.path {
                            "/login/code" => {
                                assert_eq!((a.status, to.as_str()), (StatusCode::SEE_OTHER, "/"), "{what}");
                            }
                            "/wall" if asker.scope != Scope::City => {
                                assert_eq!(to, format!("/wall?scope={}", asker.scope), "{what}");
                            }
                            _ => assert!(matches!(a.status.as_u16(), 200 | 404), "{what}"),
                        }
                        assert!(!a.text().contains("无权访问"), "{what}");
                        continue;
                    }
                    if asker.nobody() {
                        sent_on += 1;
                        if page.path == "/wall" {
                            assert_eq!(a.status, StatusCode::UNAUTHORIZED, "{what}");
                        } else {
                            assert_eq!(a.status, StatusCode::SEE_OTHER, "{what}");
                            assert!(to.starts_with("/login"), "{what}");
                        }
                        continue;
                    }
                    refused += 1;
                    assert_eq!(a.status, StatusCode::FORBIDDEN, "{what}");
                    assert!(
                        a.text().contains("无权访问") && !a.text().contains("type=\"module\""),
                        "{what}: {}",
                        a.text()
                    );
                    answers.push(a.text());
                }
                assert!(answers.windows(2).all(|x| x[0].len() == x[1].len()), "{} tells what is there", page.path);
            }
        }
        assert!(refused > 100, "{refused}");
        println!(
            "walk: {} pages × {} askers, twice: {refused} refused, {sent_on} sent to sign in, {granted} granted",
            PAGES.len(),
            w.askers.len()
        );
    });
}

#[test]
fn no_cookie_opens_the_devices_api() {
    run(async {
        let w = Walk::begin().await;
        let document = w.s.get("/api/v1/openapi.json", &[]).await.json();
        let mut calls = 0;
        for (path, methods) in document["paths"].as_object().unwrap() {
            for method in methods.as_object().unwrap().keys() {
                for asker in &w.askers {
                    let path = path.split('/').map(|p| if p.starts_with('{') { "1" } else { p }).collect::<Vec<_>>();
                    let r = Request::builder()
                        .method(method.to_uppercase().as_str())
                        .uri(path.join("/"))
                        .header(header::COOKIE, &asker.cookie)
                        .header(header::CONTENT_TYPE, "application/json")
                        .body(Body::from("{}"))
                        .unwrap();
                    let a = w.s.send(r).await;
                    assert_eq!(a.status, StatusCode::UNAUTHORIZED, "{method} {path:?} as {}: {}", asker.name, a.text());
                    calls += 1;
                }
            }
        }
        for (path, status) in OTHERS {
            for asker in &w.askers {
                let a = w.s.get(path, &[(header::COOKIE, asker.cookie.as_str())]).await;
                assert_eq!(a.status, status, "{path} as {}", asker.name);
            }
        }
        println!("walk: {calls} calls of the devices' API refused, {} other routes the same for all", OTHERS.len());
    });
}
