# 法定取值的用语：value-取值；同一取值在某字段中含义不同的，用 value-字段-取值。

# 职责
value-licensing-officer = 许可官员
value-planning-officer = 计划官员
value-permit-officer = 准许证官员
value-approver = 批准人
value-inspector = 检查员
value-chief-inspector = 检查负责人
value-trainer = 培训员
value-statistician = 统计员
value-auditor = 审计员
value-administrator = 管理员
value-customs-officer = 海关官员
value-operator = 系统操作员
value-exchange = 对外交换
value-responsible = 负责人
value-clerk = 经办人

# 场所类型
value-substance-maker = 原料药生产企业
value-finished-maker = 制剂生产企业
value-importer = 进口企业
value-exporter = 出口企业
value-national-wholesaler = 全国性批发企业
value-regional-wholesaler = 区域性批发企业
value-institution = 医疗机构
value-pharmacy = 零售药店
value-research = 科研机构

# 许可活动
value-manufacture-substance = 原料药生产
value-manufacture-preparation = 制剂生产
value-wholesale-national = 全国性批发
value-wholesale-regional = 区域性批发
value-purchase = 购用（医疗或科研）

# 许可证状态
value-in-force = 有效
value-not-yet = 尚未生效
value-ended = 已到期

# 案件阶段；“已暂停”亦为许可证状态
value-draft = 草案
value-requested = 已请求确认
value-queried = 等待答复询问
value-confirmed = 已确认
value-refused = 已拒绝
value-issued = 准许证已签发
value-suspended = 已暂停
value-held = 海关扣留
value-departed = 已离境
value-discrepant = 存在差异
value-closed = 已结束
value-expired = 到期未使用
value-revoked = 已吊销
value-returning = 退回途中
value-returned = 已退回
value-diverted = 已改运

# 案件方向
value-exporting = 出口
value-importing = 进口

# 订单状态
value-open = 未完成
value-supplied = 已供应
value-withdrawn = 已撤回
value-declined = 已谢绝

# 提议状态
value-waiting = 待第二人决定
value-approved = 已批准
value-rejected = 已驳回

# 账目种类
value-opening = 期初库存
value-manufacture = 生产
value-re-export = 转口
value-lot-feed = 投料
value-lot-yield = 产出
value-use-in-manufacture = 用于制造其他产品
value-dispatch = 发货
value-receive = 收货
value-cancel-dispatch = 撤回在途
value-reclassify = 场所内转移
value-import = 进口
value-export = 出口
value-dispense = 配发使用
value-destroy = 销毁
value-lose = 丢失或被盗
value-lose-in-transit = 途中损失
value-find = 找回
value-count = 盘点

# 库存分区
value-stock = 库存
value-quarantine = 隔离
value-awaiting-destruction = 待销毁
value-special = 特别库存

# 指令与报告
value-instruct = 指令：现在办理
value-report = 报告：已经发生

# 检查
value-regular = 日常检查
value-surprise = 飞行检查
value-kind-special = 专项检查
value-critical = 严重缺陷
value-major = 主要缺陷
value-minor = 一般缺陷

# 进出口
value-medical = 医疗
value-scientific = 科研
value-purpose-manufacture = 制造制剂或其他药物
value-single = 一批
value-several = 多批
value-measurement = 计量与修约
value-loss = 途中损失
value-theft = 途中被盗
value-documents = 单据数字有误

# 附表
value-I = 附表一
value-II = 附表二
value-III = 附表三
value-IV = 附表四
value-I-IV = 附表一和附表四

# 政策设置及其取值
value-two-person-receipt = 双人收货
value-process-loss-tolerance-ppm = 工艺损耗允许范围（百万分数）
value-hospital-return = 使用机构退货的计算方式
value-confirmation = 确认请求由谁答复
value-two-person-confirmation = 双人确认
value-export-permit-days-max = 出口准许证最长天数
value-totals-stale-days = 公布的估计需要量过期天数
value-endorsement-days = 到货签注期限（天）
value-overdue-endorsements-bar = 停发新准许证的逾期签注数（0 为不停发）
value-shipment-tolerance-ppm = 货物差异允许范围（百万分数）
value-negative-consumption = 冲减消费量
value-found = 记为找回
value-officer = 一律由人员答复
value-automatic = 完全一致时自动确认

# 登录设置
value-all = 密码和第二验证要素
value-password = 仅密码

# 报告所违反的规则，按拒绝代码
breach-licence-missing = 无许可证
breach-licence-not-yet-valid = 许可证尚未生效
breach-licence-expired = 许可证已到期
breach-licence-suspended = 许可证已暂停
breach-licence-revoked = 许可证已吊销
breach-site-closed = 场所已关闭
breach-channel-closed = 无供应渠道
breach-channel-other-province = 跨省供应
breach-channel-approval-missing = 未获两场所供应批准
breach-channel-emergency-only = 仅限应急的渠道
breach-order-unknown = 订单不存在
breach-order-not-open = 订单已完成或结束
breach-order-of-another = 其他场所的订单
breach-order-item-unknown = 订单无此品种
breach-order-exceeded = 超出订单数量
breach-batch-unknown = 批号不存在
breach-batch-of-another-site = 其他场所的批号
breach-batch-closed = 批号已出厂
breach-batch-expiry-differs = 有效期不一致
breach-before-opening = 早于建账日
breach-before-dispatch = 早于发货日
breach-lot-day-before-feed = 早于投料日
breach-account-moved-since = 此后账目已变动
breach-held = 已封存
breach-batch-expired = 批号已过期
breach-stock-insufficient = 库存不足
breach-transit-insufficient = 在途数量不足
breach-lot-overdrawn = 超出在制批含量
breach-loss-reason-missing = 损耗超限未说明原因
breach-import-authorization-missing = 无进口准许证
breach-import-authorization-cancelled = 进口准许证已撤销
breach-import-authorization-not-begun = 早于进口准许证签发日
breach-import-authorization-expired = 进口准许证已到期
breach-import-authorization-mismatch = 与进口准许证不符
breach-import-authorization-exceeded = 超出进口准许证数量
breach-consignment-unknown = 货物无对应准许证
breach-export-permit-missing = 无出口准许证
breach-export-permit-not-in-force = 出口准许证无效
breach-export-permit-expired = 出口准许证已到期
breach-export-permit-not-begun = 早于出口准许证签发日
breach-export-permit-mismatch = 与出口准许证不符
breach-export-permit-exceeded = 超出出口准许证数量
breach-goods-not-in-consignment = 准许证未列此品种
breach-consignment-divided = 同一批货物分日离境
breach-arrival-before-departure = 入境早于离境
breach-maker-not-designated = 非定点生产企业
breach-quota-missing = 无配额
breach-quota-exceeded = 超出配额
breach-plan-missing = 无生产计划
breach-ceiling-exceeded = 超出库存上限
breach-witness-not-officer = 无主管机关见证人
breach-witness-twice = 仅有一名见证人
breach-approval-missing = 未经第二人同意

# 对方回执拒绝本机关电文的原因，按代码
receipt-unknown-version = 对方不识别该电文的格式
receipt-message-expired = 电文送达时已超过接收期限
receipt-unknown-kind = 对方不识别此类电文
receipt-body-unreadable = 内容不符合该类电文的要求，或货物数量为零，或货物重复
receipt-not-concerned = 内容不涉及双方所属国家
receipt-within-country = 内容属于国家之间的贸易，而双方是同一国家的省级主管机关：省际货物以发货方式往来。
receipt-import-authorization-known = 此编号的进口准许证先前已发送
receipt-import-authorization-unknown = 未曾发送此编号的进口准许证
receipt-case-missing = 未注明案件
receipt-case-known = 此编号的案件先前已建立
receipt-case-unknown = 对方没有此编号的案件
receipt-case-of-another = 该案件不属于双方之间
receipt-out-of-place = 案件所处阶段不应有此电文，或应由另一方发送
receipt-request-differs = 所答复的不是已发送的请求
receipt-consignment-differs = 货物与请求的不同
receipt-permit-unknown = 所列出口准许证不是该案件的准许证
receipt-goods-have-moved = 不能签注为未使用：货物已离境或入境
receipt-import-authorization-over = 进口许可已撤销，不再修改
receipt-version-old = 已收到该版本或更新的版本
receipt-trade-statement-missing = 对方未提出该年度贸易对账单
receipt-trade-statement-differs = 所答复的不是最近提出的贸易对账单
receipt-trust-file-older = 其中的密钥文件比现行文件旧
receipt-root-differs = 其中的密钥文件由另一根密钥签名
receipt-identity-differs = 其中密钥文件的国家或账本不同
receipt-key-unfit = 其中的密钥已终止、开始过晚、曾使用过或属于他人
receipt-key-file-bad = 其中的密钥文件未经其根密钥签名
value-outcome-explained = 已说明
value-outcome-missing = 有短少
value-outcome-sent-back = 已退回
value-outcome-seized = 已没收
value-province-out = 已由另一省收货
value-province-in = 从另一省收货
receipt-site-unknown = 接收方登记册中没有此场所，或从未被告知
receipt-dispatch-known = 此编号的发货此前已告知
receipt-dispatch-unknown = 没有告知过此编号的发货
