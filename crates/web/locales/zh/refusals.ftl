# 拒绝的说明，按拒绝代码；花括号内为拒绝所附数据。英文页面使用系统自身的英文句子。

# 名称与字段
refusal-unknown-name = 没有编号为 { $id } 的{ $what }
refusal-name-taken = 编号为 { $id } 的{ $what }已存在
refusal-bad-quantity = { $field }：{ $why }
refusal-amount-not-positive = { $field }须大于零，不得为 { $amount }
refusal-bad-period = 自 { $from } 至 { $until } 的期限，截止早于起始
refusal-list-empty = { $field }至少须填一项
refusal-list-too-long = { $field }填了 { $count } 项，最多允许 { $max } 项

# 权限
refusal-not-entitled = { $actor } 无权进行此操作（{ $command }）
refusal-same-person = { $person } 是条目 { $of } 的提议人，不得自行批准：须由两人决定
refusal-proposer-without-role = 条目 { $of } 的提议人 { $proposer } 已不再担任该职责：只能驳回
refusal-nothing-to-approve = 条目 { $of } 不是等待第二人决定的提议
refusal-grant-exists = { $actor } 已担任该职责
refusal-grant-missing = { $actor } 未担任该职责
refusal-person-without-role = { $person } 没有任何职责：登录方式仅供有权操作的人员设置
refusal-own-enrolment = 不得决定本人的登录方式：{ $person } 须请另外两名管理员办理
refusal-last-administrators = 将只剩 { $left } 名管理员；涉及人员的决定须有两名管理员

# 政策设置
refusal-policy-out-of-range = { $policy }须在 { $min } 至 { $max } 之间，不得为 { $value }

# 物质与品种
refusal-content-out-of-range = 每克{ $form }含无水碱基须在 1 至 1000000 微克之间，不得为 { $content_ppm }
refusal-base-form-missing = { $substance }的各种形式中须列出碱基（base），含量为 1000000
refusal-strength-not-exact = 规格 { $strength } 按每克含无水碱基 { $content_ppm } 微克折算不是整数皮克：请按碱基填写规格
refusal-strength-too-large = 每单位规格 { $strength } 超出账目可计范围

# 单位与场所
refusal-site-kinds-mixed = 场所 { $site } 不得既为供应方又为使用机构：其所存货物或为库存，或为已消费
refusal-site-closed = 场所 { $site } 已关闭
refusal-site-holds-stock = 场所 { $site } 仍有 { $accounts } 个账户存有货物：请先转出或销毁

# 许可证与印鉴卡
refusal-licence-missing = { $party } { $site } 没有{ $substance }的许可证（{ $activity }）
refusal-licence-not-yet-valid = { $party } { $site } 的许可证 { $licence } 自 { $from } 起有效，晚于 { $on }
refusal-licence-expired = { $party } { $site } 的许可证 { $licence } 已于 { $until } 到期，早于 { $on }
refusal-licence-suspended = { $party } { $site } 的许可证 { $licence } 自 { $from } 起暂停，于 { $on } 无效
refusal-licence-revoked = { $party } { $site } 的许可证 { $licence } 自 { $from } 起吊销，于 { $on } 无效
refusal-site-of-another-holder = 场所 { $site } 不属于单位 { $holder }
refusal-activity-unfit-for-site = 场所 { $site } 的类型不能从事该活动（{ $activity }）
refusal-licence-stands-so = 许可证 { $licence } 的状态本来就是：{ $standing }

# 需求
refusal-demand-not-for-preparation = { $item } 是原料药：只能申报制剂的需求
refusal-demand-not-of-institution = 场所 { $site } 不是医疗机构、零售药店或科研机构：只有它们的用量才是需求

# 需要量估计、计划与配额
refusal-amount-negative = { $field }不得为 { $amount } 克
refusal-supplement-reason-missing = { $substance } { $year } 年已有需要量估计：追加估计须说明理由
refusal-estimate-missing = { $substance } { $year } 年没有需要量估计
refusal-plan-exceeds-estimate = { $substance } { $year } 年估计需要量为 { $estimate_g } 克；计划为 { $plan_g } 克
refusal-need-exceeds-estimate = { $substance } { $year } 年消费估计需要量为 { $estimate_g } 克；计划需求为 { $need_g } 克
refusal-need-unlike-demand = { $substance } { $year } 年申报的需求为 { $demand_g } 克，计划需求为 { $need_g } 克：请说明理由
refusal-estimate-below-plan = { $substance } { $year } 年计划为 { $plan_g } 克；估计需要量不得降至 { $estimate_g } 克
refusal-plan-below-quotas = { $of } { $year } 年已下达配额合计 { $quotas }；计划不得降至 { $plan }
refusal-plan-missing = { $of } { $year } 年没有可供分配配额的计划
refusal-quotas-exceed-plan = { $of } { $year } 年计划为 { $plan }，已下达 { $granted }；再申请 { $requested }，剩余 { $left }
refusal-maker-not-designated = { $holder } 没有 { $year } 年生产{ $of }的许可证
refusal-quota-missing = { $holder } 没有 { $year } 年{ $of }的配额；申请 { $requested }
refusal-quota-exceeded = { $holder } { $year } 年{ $of }的配额为 { $granted }，已用 { $used }；申请 { $requested }，剩余 { $left }
refusal-year-not-over = { $today } 时 { $year } 年尚未结束
refusal-year-closed = { $year } 年已关账

# 供应渠道
refusal-channel-closed = { $on } 没有从 { $from }（{ $from_kinds }）到 { $to }（{ $to_kinds }）的供应渠道
refusal-channel-other-province = 渠道 { $edge } 仅限同一省份：{ $from } 位于 { $from_province }，{ $to } 位于 { $to_province }
refusal-channel-approval-missing = 渠道 { $edge } 要求对 { $from } 和 { $to } 的批准，{ $on } 没有有效批准
refusal-channel-emergency-only = 渠道 { $edge } 仅限应急供应：请在发货时注明，并在 { $days } 天内报告
refusal-notice-not-due = 发货 { $dispatch } 无须报告应急供应

# 订单
refusal-order-unknown = 没有订单 { $order }
refusal-order-not-open = 订单 { $order } 的状态为{ $status }：已无待供应部分
refusal-order-of-another = 订单 { $order } 由 { $site } 向 { $supplier } 订购：只能由该供应方向该场所供应
refusal-order-item-unknown = 订单 { $order } 未订购 { $item }
refusal-order-exceeded = 订单 { $order } 订购 { $item } { $ordered }，已供应 { $supplied }；再供应 { $requested } 将超出
refusal-order-item-repeated = 订单 { $order } 重复列出 { $item }：请合并数量
refusal-order-from-itself = 订单 { $order }：{ $site } 不得向自身订购

# 账目
refusal-dispatch-not-on-the-way = 发货 { $dispatch } 没有在途货物
refusal-dispatch-of-another-site = 发货 { $dispatch } 不由 { $site } 处理
refusal-destination-unclear = 从 { $site } 发货须填写另一场所或目的国，两者必填其一且不得同填；应急供应只能发往场所
refusal-batch-unknown = { $item } 没有批号 { $batch }
refusal-batch-of-another-site = { $item } 批号 { $batch } 始于 { $origin }
refusal-batch-closed = { $item } 批号 { $batch } 已从生产企业发出：不得再增加
refusal-batch-expiry-differs = { $item } 批号 { $batch } 的有效期为 { $known }，不是 { $given }
refusal-item-not-bulk = { $item } 是制剂：只有原料药可登记生产
refusal-lot-unknown = { $site } 没有在制批 { $lot }
refusal-lot-closed = { $site } 的在制批 { $lot } 已关闭
refusal-lot-of-another-substance = 在制批 { $lot } 为{ $substance }：{ $item } 属另一物质
refusal-line-repeated = { $item } 批号 { $batch } 在同一操作中重复：请合并数量
refusal-compartment-unchanged = 货物不能从{ $compartment }转到{ $compartment }
refusal-amount-too-large = { $amount } 超出单笔账目上限 { $max }
refusal-balance-too-large = { $site } 在{ $compartment }存有 { $item } 批号 { $batch } { $held }；再增加 { $added } 将超出单区上限 { $max }
refusal-date-in-future = { $on } 晚于今日（{ $today }）
refusal-before-opening = { $site } 的账册自 { $opening } 起；{ $on } 在此之前
refusal-opening-repeated = { $site } 的 { $item } 批号 { $batch } 已有账目：不得再登记期初库存
refusal-before-dispatch = 发货 { $dispatch } 于 { $left_on } 发出；{ $on } 在此之前
refusal-lot-day-before-feed = { $on } 早于在制批 { $lot } 的投料或产出日 { $since }
refusal-account-moved-since = { $site } 的 { $item } 批号 { $batch } 在 { $moved_on } 已有变动：不能再与 { $on } 的账面核对
refusal-held = { $what } { $name } 已被封存（{ $hold }）
refusal-batch-expired = { $item } 批号 { $batch } 已于 { $expired_on } 过期，早于 { $on }
refusal-stock-insufficient = { $site } 在{ $compartment }存有 { $item } 批号 { $batch } { $available }；申请 { $requested }
refusal-transit-insufficient = 发货 { $dispatch } 在途 { $outstanding }；申请 { $requested }
refusal-lot-overdrawn = 在制批 { $lot } 含无水碱基 { $held_g } 克；产品含 { $requested_g } 克
refusal-loss-reason-missing = 在制批 { $lot } 投入 { $fed_g } 克，损耗 { $loss_g } 克，超出允许范围（百万分之 { $tolerance_ppm }）：请说明原因
refusal-import-authorization-missing = 没有有效的进口准许证涵盖此项进口或出口
refusal-export-permit-missing = 没有有效的出口准许证涵盖 { $site } 的此项出口
refusal-ceiling-exceeded = { $site } 的 { $item } 库存上限为 { $ceiling }；现存和在途共 { $held }，再增加 { $requested } 将超出
refusal-witness-not-officer = { $officer } 不是主管机关官员：销毁须有主管机关官员见证
refusal-witness-twice = { $witness } 不得同时担任两名见证人：销毁须由两人见证
refusal-approval-missing = { $site } 在 { $on } 的此项账目须经第二人同意：{ $why }
refusal-line-unknown = 条目 { $line } 不是账目
refusal-line-reversed = 账目 { $line } 已冲销
refusal-line-not-reversible = 账目 { $line } 不能冲销：{ $why }
refusal-count-accepted = 盘点 { $count } 已认可
refusal-count-not-acceptable = 盘点 { $count } 不能认可，因登记时存在问题：{ $breach }
refusal-not-a-count = 条目 { $count } 不是盘点
refusal-hold-subject-unclear = 封存 { $hold } 须填写场所，或品种及批号

# 对方主管机关
refusal-fingerprint-differs = { $partner } 密钥文件的指纹为 { $file }，宣读的指纹为 { $read }：文件可能在途中被更改
refusal-restart-unheard = { $partner } 的密钥文件表明其账本重新开始：请致电其官员，并填写所听到的指纹（fingerprint）
refusal-fingerprint-missing = 批准条目 { $of } 须填写 { $partner } 的官员向您宣读的指纹
refusal-country-has-authority = { $country }的主管机关是 { $by }：每国只能登记一个
refusal-key-taken = { $partner } 文件中的{ $key }与 { $by } 的相同：各主管机关须使用各自的密钥和账本
refusal-key-name-wrong = { $kid } 不是 { $partner } 文件中密钥的名称
refusal-message-unreadable = 电文无法读取：{ $why }
refusal-message-for-another = 电文的收件方是 { $to }；本机关是 { $we }
refusal-sender-unknown = { $from } 未与本机关配对
refusal-key-unknown = { $from } 没有现时有效的密钥 { $kid }
refusal-key-untrusted = { $from } 的密钥 { $kid } 自 { $since } 起不可信任：该机关使用其他密钥签名
refusal-trust-file-older = { $authority } 的密钥文件签发于 { $issued }，而 { $held } 的文件现已生效：请索取最新文件
refusal-trust-file-known = { $authority } 于 { $issued } 签发的密钥文件已经生效
refusal-root-differs = 签名所用的不是配对时宣读的 { $authority } 的根密钥：请先致电该机关
refusal-identity-differs = { $authority } 密钥文件中的{ $what }不同：密钥文件只带来新的电文密钥，国家和账本不变
refusal-key-unfit = { $authority } 的密钥 { $kid } 不能作为其下一密钥：{ $why }
refusal-distrust-known = { $authority } 的密钥 { $kid } 自 { $since } 起已不可信任
refusal-key-still-good = 等待 { $to } 回执的电文，其签名密钥仍然有效：照原样重发
refusal-alarm-known = 有关 { $partner } 的警报已是条目 { $entry }
refusal-message-repeated = { $from } 的电文 { $seq } 已是条目 { $entry }
refusal-message-out-of-order = { $from } 的电文 { $seq } 先于电文 { $expected } 到达
refusal-equivocation = { $from } 曾自相矛盾：证据已保存，不再接收同类证据
refusal-chain-broken = { $from } 的电文 { $seq } 与此前收到的电文不衔接
refusal-message-not-next = 这不是应发给 { $to } 的下一份电文
refusal-receipt-not-awaited = 没有等待 { $by } 对 { $of } 的回执
refusal-message-too-large = { $kind } 的内容有 { $bytes } 字节，电文最多容纳 { $max } 字节：请缩短名称和地址，或拆分货物
refusal-partner-missing = { $country }没有与本机关配对的主管机关：请先交换密钥文件，或以书面询问

# 进出口
refusal-import-application-answered = 申请 { $application } 已有进口准许证 { $number }
refusal-import-authorization-cancelled = 进口准许证 { $number } 已由签发机关撤销
refusal-import-authorization-not-begun = 进口准许证 { $number } 签发于 { $from }，晚于 { $on }
refusal-import-authorization-expired = 进口准许证 { $number } 已于 { $until } 到期，早于 { $today }
refusal-import-authorization-mismatch = 进口准许证 { $number } 与出口在以下方面不符：{ $field }；准许 { $authorized }，申请 { $asked }
refusal-import-authorization-exceeded = 进口准许证 { $number } 的 { $goods } 剩余 { $available }；申请 { $requested }
refusal-import-authorization-used = 进口准许证 { $number } 仅限一批，已由 { $by } 使用
refusal-message-untrusted = 出口 { $export } 的{ $what }以密钥 { $kid } 签名，其主管机关自 { $since } 起不再信任该密钥，而该电文收于其后：请撤回案件并重新询问
refusal-confirmation-missing = 进口国主管机关尚未确认出口 { $export }：未答复不视为同意
refusal-confirmation-refused = 进口国主管机关已拒绝出口 { $export }：{ $reason }
refusal-case-not-in-stage = 案件 { $case } 的阶段为“{ $stage }”；此操作要求“{ $needed }”
refusal-question-open = 案件 { $case } 的询问尚未答复：请等待答复，或拒绝
refusal-goods-have-left = 货物已按出口准许证 { $permit } 离境：已离境的须签注，不能吊销
refusal-amendment-takes-back = 修改进口许可 { $number } 会从据其确认的 { $case } 中减去{ $what }：请待其结束，或撤销许可
refusal-nothing-amended = { $number } 本来如此，无需修改
refusal-customs-post-differs = { $number } 限于{ $permitted }，而货物在{ $found }：请先修改
refusal-endorsements-overdue = { $importer }有 { $overdue } 批到货应签注而未签注；达到 { $limit } 批即停止供货
refusal-return-not-ordered = 货物 { $case } 的状态为 { $stage }：退回须先经责令
refusal-return-exceeds-departure = { $case } 中 { $item } 离境 { $left }，已退回 { $back }；再退 { $requested } 将超过离境数量
refusal-diversion-nowhere = { $country } 是货物的来源、去向或过境地：改运应经第三国运往别处
refusal-supplement-missing = 表 { $version } 不是 { $country } { $year } 年 { $substance } 的现行表，或早于 { $since } 的通知：只有补充估计才能解除
refusal-no-re-export = 进口许可 { $number } 无转口货物，或转口已终止
refusal-agency-not-recognised = { $agency } 不是与 { $supplier } 有常备协议的认可机构
refusal-not-an-emergency = { $case } 是应急出口：没有进口许可，也无需确认
refusal-permit-too-long = 准许证截止日 { $until } 晚于 { $last }（{ $why }）
refusal-permit-ends-before-it-begins = 准许证截止日 { $until } 早于今日（{ $today }）
refusal-estimate-exceeded = { $country } { $year } 年{ $substance }估计需要量为 { $total_g } 克，最多剩余 { $available_g } 克；申请 { $requested_g } 克：请减少数量，或等待追加估计
refusal-estimate-unknown = { $country } { $year } 年{ $substance }的估计需要量{ $why }：须由人员查询，并填写查询来源
refusal-stop-notice = 依据麻管局通知 { $notice }，{ $year } 年不得再向{ $country }出口{ $substance }
refusal-address-barred = { $party }的地址含有“{ $found }”：货物不得运至邮政信箱或银行
refusal-same-country = 进口商与出口商同属{ $country }
refusal-goods-not-in-consignment = 该批货物不含 { $item }
refusal-export-permit-not-in-force = 出口准许证 { $permit } 的状态为：{ $stage }
refusal-export-permit-expired = 出口准许证 { $permit } 已于 { $until } 到期，早于 { $on }
refusal-export-permit-not-begun = 出口准许证 { $permit } 签发于 { $from }，晚于 { $on }
refusal-consignment-divided = 出口准许证 { $permit } 的货物已于 { $left_on } 离境：一证一批，{ $on } 为另一日
refusal-arrival-before-departure = 货物 { $case } 于 { $left_on } 离境；{ $on } 在此之前
refusal-export-permit-mismatch = 出口准许证 { $permit } 的{ $field }为 { $permitted }，不是 { $found }
refusal-export-permit-exceeded = 出口准许证 { $permit } 的 { $item } 剩余 { $available }；申请 { $requested }
refusal-consignment-unknown = 本机关未收到货物 { $case } 的出口准许证
refusal-endorsement-differs = 海关清点 { $case } 的 { $item } 为 { $counted }；账目为 { $recorded }
refusal-incident-missing = { $case } 的差异超出允许范围（百万分之 { $tolerance_ppm }）：请填写原因和事件编号
refusal-already-resolved = 本方已对 { $case } 作出说明
refusal-nothing-due = { $today } 没有到期事项
refusal-trade-year-not-over = { $today } 时 { $year } 年尚未结束
refusal-trade-statement-missing = { $exporter } 未提出 { $year } 年贸易对账单
refusal-trade-statement-settled = { $exporter } 的 { $year } 年贸易对账单已签署，数字仍然有效
refusal-trade-statement-differs = 对账单载{ $substance } { $theirs_g } 克、{ $theirs } 批；本账本为 { $ours_g } 克、{ $ours } 批
refusal-trade-statement-agrees = 本账本 { $year } 年数字与 { $exporter } 所列相同：没有可提出异议之处

# 检查与培训
refusal-inspection-not-visited = 检查 { $inspection } 尚无现场检查：请先记录现场检查
refusal-inspection-visited = 检查 { $inspection } 已于 { $on } 进行现场检查
refusal-session-in-future = 培训 { $session } 于 { $held_on } 举行，晚于今日（{ $today }）：尚无人参训

# 未记入账本的拒绝
refusal-command-id-reused = 指令编号已用于另一项指令：新的指令须使用新的编号
refusal-second-factor-needed = 该指令须等待第二人决定，须签署：请单独提交，并附动态验证码
refusal-command-too-large = 指令内容过大：请将所列内容分为若干指令
refusal-figure-too-large = 数字超出账本可保存范围
refusal-malformed = 指令格式有误

# 拒绝所附数据的用语：并列
refused-or = 、
# 拒绝所附数据的用语：对象
figure-authority = 主管机关
figure-batch = 批号
figure-case = 案件
figure-channel = 供应渠道
figure-channel-approval = 场所间供应批准
figure-export-application = 出口申请
figure-export-permit = 出口准许证
figure-finding = 检查发现
figure-hold = 封存
figure-hold-in-force = 有效封存
figure-holder = 企业或机构
figure-import-application = 进口申请
figure-inspection = 检查
figure-item = 品种
figure-licence = 许可证
figure-lot = 在制批
figure-order = 订单
figure-partner = 对方主管机关
figure-preparation-of-that-substance = 该物质的制剂
figure-salt-form = 物质形式
figure-session = 培训
figure-site = 场所
figure-site-of-case = 案件所涉场所
figure-substance = 物质
figure-substance-or-preparation = 物质或制剂
# 拒绝所附数据的用语：各方与事项
figure-consignor = 发货方
figure-consignee = 收货方
figure-exporter = 出口商
figure-importer = 进口商
figure-proposal = 提议
figure-goods = 货物
figure-purpose = 用途
figure-bonded-warehouse = 保税仓库
figure-country-of-origin = 来源国
figure-destination = 目的国
figure-the-plan-s-total = 计划总量
figure-cosignature-key = 共签密钥
figure-import-authorization = 进口准许证
figure-confirmation = 确认
figure-root-key = 根密钥
figure-key-for-messages = 电文密钥
figure-log = 账本日志
figure-in-force = 有效
figure-true = 是
figure-false = 否
# 拒绝所附数据的用语：原因
figure-its-year-is-closed = 该年度已关账
figure-its-account-has-an-accepted-count-of-a-later-day = 该账户有日期更晚且已认可的盘点
figure-goods-leave-quarantine-or-special-stocks = 货物从隔离或特别库存转出
figure-two-persons-receive = 须双人收货
figure-it-belongs-to-a-lot-correct-the-lot = 属于在制批；请更正在制批
figure-a-count-posts-nothing-count-again = 盘点不改变库存；请重新盘点
figure-goods-on-the-way-were-settled-by-it-record-what-happened-since = 在途货物已由此结清；请登记此后发生的情况
figure-the-arrival-of-its-consignment-is-endorsed-record-what-happened-since = 该批货物的到货已签注；请登记此后发生的情况
figure-goods-of-it-were-received-or-settled-already = 其中货物已收货或已结清
figure-the-last-day-of-the-import-authorization = 进口准许证的最后一日
figure-the-longest-a-permit-may-run-from-today = 准许证自今日起的最长期限
figure-is-not-in-the-imported-table = 不在已录入的数据表中
figure-it-is-too-long-for-a-case-s-id = 作为案件编号过长
figure-a-quota-of-a-substance-is-a-mass-of-base-with-its-unit-such-as-42-kg = 物质的配额须为无水碱基质量并注明单位，如 42 kg
figure-is-not-a-number = “{ $value }”不是数字：请填写数字，最多一个小数点，如 12.5
figure-is-not-a-unit-of-mass = “{ $value }”不是质量单位：请使用 kg、g、mg 或 ug
figure-is-finer-than-one-picogram = “{ $value }”小于一皮克
figure-is-finer-than-one-microgram = “{ $value }”小于一微克
figure-is-larger-than-any-quantity-this-ledger-counts = “{ $value }”超出账目可计范围
refusal-passage-not-through = { $passage } 起于或止于 { $country }：只有从一个他国运往另一个他国的货物才属过境。
refusal-passage-not-in-stage = 过境 { $passage } 的状态为 { $stage }；此操作要求其状态为 { $needed }。
refusal-passage-copy-missing = 过境 { $passage } 没有有效的出口准许证副本：{ $why }。
refusal-repacking-not-permitted = 尚无人准许改换 { $passage } 的包装。如包装已被改动，请扣留货物。
refusal-passage-elsewhere = 按出口准许证，{ $passage } 应运往 { $named }，而非 { $found }。改运属于新的出口。
refusal-passage-diversion-open = 过境 { $passage } 的新出口 { $case } 尚未结束：请待其结束或将其撤回。
refusal-leaves-with-passage = { $case } 的货物即过境 { $passage }：请在该处记录离境。
refusal-passage-incident-missing = 过境 { $passage } 的短少或没收属于事件：请填写事件编号。
refusal-province-has-authority = { $province } 的主管部门是 { $by }：每个省在此只有一个主管部门。
refusal-country-has-speaker = { $by } 代表 { $country } 与其他国家往来：各省中只有一个可以这样做。
refusal-speaks-not-abroad = { $authority } 只与本国的主管部门往来：对外往来由本国的另一个省负责。
refusal-partner-not-of-country = { $partner } 是另一国的主管部门：货物须凭许可证出口。
refusal-shared-site-unknown = { $partner } 没有共享过场所 { $site }。
refusal-shared-site-withdrawn = { $partner } 已撤回 { $site }：外省不得向其供货。
refusal-shared-licence-not-yet-valid = { $partner } 的 { $site } 的许可证 { $licence } 自 { $from } 起有效，晚于 { $on }。
refusal-shared-licence-expired = { $partner } 的 { $site } 的许可证 { $licence } 已于 { $until } 到期，早于 { $on }。
refusal-shared-licence-missing = { $partner } 的 { $site } 的许可证 { $licence } 不涵盖 { $substance }。
refusal-dispatch-to-province-plain = 从 { $site } 发往另一省的货物不能是紧急供应，也不能应答订单：请去掉这两项，并写明该省的场所。
refusal-goods-not-registered = 发货 { $dispatch } 的货物是 { $substance }（{ $form }），本登记册没有这样的品目：请先登记。
refusal-licence-unfit-to-share = { $licence } 不是 { $site } 在 { $on } 有效的许可证。
refusal-site-shared-already = { $site } 已凭此许可证与 { $partner } 共享。
refusal-site-not-shared = { $site } 没有与 { $partner } 共享。
refusal-no-difference = { $dispatch } 项下发出与收到的数量没有差异。
refusal-difference-resolved = 本方已对 { $dispatch } 作出说明。
refusal-difference-cause-missing = { $dispatch } 的数量相差超过百万分之 { $tolerance_ppm }：请写明测量以外的原因，以及事件编号。
refusal-not-controlled-then = { $substance } 自 { $since } 起受管制，{ $on } 早于该日：该日场所的存量应作为期初存量录入
refusal-nothing-to-review = 自 { $number } 签发或审视以来，其中药物的附表未变更，或该准许已终止
refusal-schedule-changed = { $substance } 的附表已于 { $since } 变更，在 { $number } 签发之后：须由官员和批准人重新审视后方可移动
refusal-schedule-iii-other-drug = 附表三第 { $paragraph } 段不涉及 { $substance }：请不填配方登记，适用该药物附表的规则
refusal-schedule-iii-too-much = 附表三第 { $paragraph } 段每剂量单位以 { $limit } 为限，本品为 { $found }：适用该药物附表的规则
refusal-schedule-iii-too-concentrated = 附表三第 { $paragraph } 段未分剂量制剂以 { $limit } 为限，本品为 { $found }：适用该药物附表的规则
refusal-schedule-iii-ingredient = 附表三第 { $paragraph } 段要求：{ $wanted }
refusal-schedule-iii-recoverable = 附表三第4段要求 { $substance } 不可回收：请说明理由（unrecoverable）
