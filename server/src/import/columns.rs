//! The columns of each preset and the words that name them.

use super::preset::{Column, Field};

const fn must(field: Field, names: &'static [&'static str]) -> Column {
    Column { field, required: true, names }
}

const fn may(field: Field, names: &'static [&'static str]) -> Column {
    Column { field, required: false, names }
}

pub(super) const IN_USE: &[Column] = &[
    must(
        Field::Tag,
        &[
            "电子标签号",
            "电子标签",
            "标签号",
            "电子标簽号",
            "电子标签码",
            "电子标识号",
            "rfid",
            "rfid no",
            "rfid id",
            "tag",
            "tag no",
        ],
    ),
    must(
        Field::StampNo,
        &["气瓶钢印号", "钢印号", "钢印编号", "气瓶钢卬号", "气瓶钢印编号", "stamp", "stamp no", "stamped number"],
    ),
    must(Field::Medium, &["充装介质", "介质", "充装气体", "充装介貭", "气体种类", "medium", "gas"]),
    must(
        Field::Made,
        &["出厂日期", "制造日期", "制造年月", "生产日期", "出厂曰期", "manufacture date", "made", "made on"],
    ),
    may(
        Field::SerialNo,
        &["气瓶出厂号", "出厂号", "出厂编号", "气瓶出厂编号", "气瓶岀厂号", "serial no", "serial number", "serial"],
    ),
    may(Field::Spec, &["气瓶规格", "规格", "瓶型", "气瓶型号", "规格型号", "气瓶规洛", "spec", "size", "model"]),
    may(Field::Maker, &["生产厂家", "制造单位", "制造厂", "生产单位", "生产厂冢", "maker", "manufacturer"]),
    may(
        Field::Inspected,
        &[
            "上次检测日期",
            "上次检验日期",
            "上次检验",
            "上检日期",
            "检验日期",
            "上次检测曰期",
            "last inspection",
            "inspected",
        ],
    ),
    may(
        Field::Next,
        &["下次检测日期", "下次检验日期", "下次检验", "下检日期", "下次检测曰期", "next inspection", "due"],
    ),
    may(Field::Inspections, &["已检次数", "检验次数", "已检测次数", "inspections"]),
    may(Field::Scrap, &["报废日期", "报废期", "报废曰期", "报废年月", "scrap date", "end of life"]),
    may(Field::Valve, &["阀类型", "阀门类型", "瓶阀类型", "阀类塑", "valve", "valve type"]),
    may(Field::Reason, &["异常原因", "异常", "异常原囚", "anomaly", "reason"]),
];

pub(super) const HISTORY: &[Column] = &[
    must(Field::At, &["日期时间", "操作时间", "时间", "曰期时间", "日期时问", "time", "date time", "datetime"]),
    must(Field::Kind, &["操作类型", "类型", "操作", "操作类塑", "operation", "type"]),
    may(Field::Operator, &["操作人", "操作员", "操作人员", "operator"]),
    may(Field::Place, &["操作地点", "地点", "操作地占", "place", "location"]),
    may(Field::Target, &["目标地点", "目的地点", "目的地", "目标地占", "target", "destination"]),
    may(Field::Tare, &["自重(kg)", "自重(ng)", "自重", "空瓶重", "自重kg", "tare", "tare kg", "tare (kg)"]),
    may(Field::Gross, &["总重(kg)", "总重(ng)", "总重", "毛重", "总重kg", "gross", "gross kg", "gross (kg)"]),
];

pub(super) const ARCHIVE: &[Column] = &[
    must(Field::Tag, &["标签号", "电子标签号", "电子标签", "标簽号", "标签编号", "条码编号", "tag", "tag no"]),
    must(Field::Medium, &["充装介质", "气瓶介质", "介质", "充装气体", "充装介貭", "medium", "gas"]),
    must(
        Field::SerialNo,
        &["出厂编号", "产品编号", "出厂号", "气瓶出厂号", "岀厂编号", "serial no", "serial number", "serial"],
    ),
    must(Field::State, &["使用状态", "库存状态", "气瓶状态", "使用状志", "stock state", "state"]),
    may(Field::Equipment, &["设备品种", "气瓶品种", "品种", "设备品神", "equipment", "kind of cylinder"]),
    may(Field::Customer, &["客户名称", "客户", "使用单位", "customer", "customer name"]),
    may(Field::Warehouse, &["所在仓库", "仓库", "所在仓厍", "warehouse"]),
    may(Field::Spec, &["气瓶规格", "规格", "瓶型", "规格型号", "spec", "size", "model"]),
    may(Field::StampNo, &["气瓶钢印号", "钢印号", "钢印编号", "stamp", "stamp no", "stamped number"]),
    may(Field::Maker, &["生产厂家", "制造单位", "制造厂", "maker", "manufacturer"]),
    may(Field::Made, &["出厂日期", "制造日期", "制造年月", "生产日期", "manufacture date", "made", "made on"]),
    may(Field::Inspected, &["上次检测日期", "上次检验日期", "上检日期", "检验日期", "last inspection", "inspected"]),
    may(Field::Next, &["下次检测日期", "下次检验日期", "下检日期", "next inspection", "due"]),
    may(Field::Scrap, &["报废日期", "报废年月", "scrap date", "end of life"]),
];

pub(super) const CUSTOMERS: &[Column] = &[
    must(Field::Number, &["客户编号", "客户编码", "客户号", "户号", "客户编亏", "customer no", "customer number"]),
    must(Field::Customer, &["客户名称", "客户名", "户名", "用户名称", "customer", "customer name"]),
    must(Field::Address, &["客户地址", "地址", "用户地址", "详细地址", "address"]),
    may(Field::Region, &["行政区域", "行政区划", "所属区域", "区域", "region", "division"]),
    may(Field::Contact, &["联系人", "客户联系人", "联糸人", "contact"]),
    may(Field::Phone, &["联系电话", "电话", "客户电话", "手机", "手机号", "联糸电话", "phone", "telephone"]),
    may(Field::State, &["客户状态", "状态", "customer state", "state"]),
    may(Field::CustomerKind, &["客户类型", "客户类别", "类型", "customer type", "type"]),
];

pub(super) const ORDERS: &[Column] = &[
    must(Field::Number, &["订单编号", "订单号", "订单编亏", "order no", "order number"]),
    must(Field::Customer, &["客户名称", "客户", "用户名称", "customer", "customer name"]),
    must(Field::Medium, &["介质类型", "充装介质", "介质", "介质类塑", "medium", "gas"]),
    must(Field::Quantity, &["需求总量", "需求数量", "订购数量", "数量", "quantity", "wanted"]),
    must(Field::State, &["订单状态", "状态", "订单状志", "order state", "state"]),
    may(Field::Delivered, &["派送总量", "派送数量", "已派送", "delivered"]),
    may(Field::Address, &["客户地址", "地址", "收货地址", "address"]),
    may(Field::Contact, &["客户联系人", "联系人", "contact"]),
    may(Field::Phone, &["客户电话", "联系电话", "电话", "phone", "telephone"]),
    may(Field::Deliverer, &["派送员", "配送员", "派送人员", "deliverer"]),
];

pub(super) const RECOVERY: &[Column] = &[
    must(Field::Number, &["回收记录编号", "回收编号", "回收单号", "回收记录编亏", "recovery no", "slip no"]),
    must(Field::Customer, &["客户名称", "客户", "用户名称", "customer", "customer name"]),
    must(Field::Quantity, &["回收总量", "回收数量", "数量", "quantity", "total"]),
    must(Field::State, &["回收状态", "状态", "回收状志", "recovery state", "state"]),
    must(Field::At, &["创建时间", "创建日期", "时间", "创建时问", "created at", "created", "time"]),
    may(Field::Phone, &["客户电话", "联系电话", "电话", "phone", "telephone"]),
    may(Field::Deliverer, &["派送员", "配送员", "派送人员", "deliverer"]),
];

pub(super) const TAGS: &[Column] = &[
    must(Field::Number, &["编码", "标签编码", "起始编码", "标签号", "一维码", "code", "first code"]),
    must(Field::Medium, &["气瓶介质", "充装介质", "介质", "medium", "gas"]),
    must(Field::Quantity, &["数量", "标签数量", "quantity"]),
    may(Field::Remark, &["备注", "号段", "remark"]),
];
